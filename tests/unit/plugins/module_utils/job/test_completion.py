# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What completes a run of a program that does not end by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.job.completion import Completion, completion_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.job.options import JobOptions

NOTHING: dict[str, Any] = {
    "completion_event": None,
    "completion_lines": None,
    "completion_regex": None,
    "completion_silence": None,
}


def completion_of(**options: Any) -> Completion:
    return completion_from_options(cast(JobOptions, SimpleNamespace(**{**NOTHING, **options})))


def test_only_the_end_of_the_program_completes_a_run_by_default() -> None:
    completion = completion_of()
    assert (completion.reason, completion.bounds(), completion.is_required) == (None, None, False)
    assert not completion.is_reached("end", 1000.0)


def test_the_first_completion_option_that_applies_counts() -> None:
    given = {"completion_event": "done", "completion_lines": 2, "completion_regex": "x", "completion_silence": 1.5}
    completion = completion_of(**given)
    assert completion.reason == (
        "its event 'done' or line 2 of its output or a line of output that matches 'x' or silence for 1.5 s completes the run"
    )
    assert all((completion.is_reached("lines", 0), completion.is_reached("match", 0), completion.is_reached(None, 1.5)))
    assert not completion.is_reached(None, 1.4)


@pytest.mark.parametrize(
    "option",
    [{"completion_lines": 0}, {"completion_silence": 0.0}, {"completion_regex": "["}, {"completion_event": " "}],
)
def test_contradictory_options_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(SthError) as refused:
        completion_of(**option)
    assert refused.value.code == "INVALID_OPTION"


def test_completion_silence_does_not_fail_a_program_that_ends_before_it() -> None:
    assert not Completion(silence=1.0, lines=2).is_required
    assert Completion(event="x").is_required
