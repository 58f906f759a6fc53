# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of state completed that are refused with another state."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.job.options import JobOptions, check_run_options
from ansible_collections.scramjet.sth.plugins.modules.sth_instance import TASK
from ansible_collections.scramjet.sth.tests.unit.running import validated

OF_A_RUN: dict[str, Any] = {
    "input": {"content": "x"},
    "collect": ["output"],
    "output_dest": "/nowhere",
    "completion_event": "done",
    "completion_lines": 1,
    "completion_regex": "x",
    "completion_silence": 1.0,
}


def check(**given: Any) -> None:
    check_run_options(validated(JobOptions, TASK.options, name="web", **given))


@pytest.mark.parametrize("name", OF_A_RUN)
def test_an_option_of_a_run_needs_state_completed(name: str) -> None:
    check(state="completed", **{name: OF_A_RUN[name]})
    with pytest.raises(SthError) as raised:
        check(state="stopped", **{name: OF_A_RUN[name]})
    assert raised.value.code == "INVALID_OPTION"
    assert raised.value.message.startswith(f"{name} can only be used with state: completed")


def test_run_timeout_is_positive() -> None:
    with pytest.raises(SthError, match="run_timeout must be more than 0"):
        check(run_timeout=0)
