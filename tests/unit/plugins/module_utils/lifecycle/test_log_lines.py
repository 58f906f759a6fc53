# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who wrote a line of a log, as real hubs have written them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.log_lines import LogFilter, reports_completion


def line(source: str, level: str = "INFO", msg: str = "said") -> bytes:
    return json.dumps({"level": level, "msg": msg, "ts": 1795878384448, "from": source, "data": []}).encode()


COMPLETED = "Sequence completed. Waiting 10000ms with exit."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (line("Sequence"), True),
        (line("Sequence", "TRACE"), True),
        (line("Runner", "TRACE"), False),
        (line("CSIController", "INFO"), False),
        (line("Runner", "ERROR"), True),
        # As it follows every kill.
        (line("CSIController", "ERROR", "Crashlog"), False),
        (line("PythonRunner", msg="Got message: b'[4000,{}]'"), False),
        (line("PythonRunner", msg="Finished."), False),
        (line("PythonRunner", msg="Output type: text/plain"), False),
        (line("PythonRunner", msg="what the program says"), True),
        (b"no line of a log", True),
        (b"", False),
    ],
)
def test_lines_of_the_program_are_distinguished_from_those_of_runner_and_hub(written: bytes, kept: bool) -> None:
    assert LogFilter().keeps(written) == kept
    assert LogFilter(source="all").keeps(written) == bool(written)


@pytest.mark.parametrize(("level", "kept"), [("INFO", False), ("WARN", True), ("WARNING", True), ("CRITICAL", True)])
def test_log_level_sets_the_lowest_level_that_is_kept(level: str, kept: bool) -> None:
    assert LogFilter(level="warn").keeps(line("Sequence", level)) == kept


@pytest.mark.parametrize(
    ("source", "msg", "told"),
    [("Runner", COMPLETED, True), ("Sequence", COMPLETED, False), ("Runner", "said", False)],
)
def test_only_a_line_of_the_runner_means_that_a_program_completed(source: str, msg: Any, told: bool) -> None:
    assert reports_completion(line(source, "TRACE", msg)) == told
    assert not reports_completion(COMPLETED.encode())
