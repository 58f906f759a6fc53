# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pytest plugin: time limits that depend on the pace of the machine, and a readable summary."""

from __future__ import annotations

import collections
import itertools
import os
import pathlib
import shutil
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.scramjet.sth.tests.running.commands import (
    OUTPUT,
    OUTPUT_VARIABLE,
    output_name,
    output_of_run,
)
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace

_RUNS_KEPT = 5
# More than the commands of any test may take together: their own bounds, which say in which task, come first.
_TEST = 650
# The tests that take longest begin first, so that none of them is alone in the end; unit tests and scenarios, which mostly wait, are last, see
# scheduling.py. The part of a test's id that names it.
_FIRST = (
    "sanity",
    "test_role_hub",
    "test_quickstart",
    "test_real_hub",
    "test_fake_1_x_roles",
    "test_fake_1_x",
    "test_checks",
    "test_task_keywords",
    "integration",
)


def pytest_configure(config: pytest.Config) -> None:
    """Measure the pace before anything else runs; workers are told."""
    if not hasattr(config, "workerinput"):
        os.environ[OUTPUT_VARIABLE] = str(OUTPUT / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}")
        for older in sorted(OUTPUT.glob("*"))[:-_RUNS_KEPT]:
            # Others may be run while a long one goes on, whose process is in the name.
            if not pathlib.Path("/proc", older.name.rpartition("-")[2]).exists():
                shutil.rmtree(older, ignore_errors=True)
        pace()
    # How long an example takes says how busy the machine is, and no more.
    settings.register_profile("sth", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("sth")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test a time limit, and put the longest tests first."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(bound(_TEST)))
    items.sort(key=lambda item: next((at for at, name in enumerate(_FIRST) if name in item.nodeid), len(_FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let workers take the list of tests from both ends; any other way to distribute them is left to xdist."""
    if config.getoption("dist") != "load":
        return None
    # There are sessions without xdist.
    from ansible_collections.scramjet.sth.tests.running.scheduling import FromBothEnds

    return FromBothEnds(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what failed and how to run that alone, what took longest, and the pace."""
    took: dict[str, float] = collections.defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                took[report.nodeid] += report.duration
    write = terminalreporter.write_line
    slowest = sorted(took.items(), key=lambda item: -item[1])[:10]
    if len(slowest) == 10:
        terminalreporter.section("the ten that took longest")
        for name, seconds in slowest:
            write(f"{seconds:7.1f} s  {name}")
    lines = _table_of_faults(terminalreporter)
    if lines:
        terminalreporter.section(
            "what the first, the second and the third run of a task say, by the fault of the first"
        )
        for line in lines:
            write(line)
    failed = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    if failed:
        terminalreporter.section("what failed, the first one first")
        for report in failed:
            write(f"{report.nodeid} ({report.when})")
            write(f"  alone: .venv/bin/python -m pytest '{report.nodeid}'")
            for path in sorted(output_of_run().glob(f"{output_name(report.nodeid)}.*.txt")):
                write(f"  its output: {path}")
    write(
        f"The pace of this machine was {pace():.1f} (1 is an idle machine of two cores); bounds were multiplied by it."
    )


def _table_of_faults(terminalreporter: Any) -> list[str]:
    """Return the lines of the table of faults, if tests have told what came of some."""
    reports = itertools.chain.from_iterable(terminalreporter.stats.values())
    told = [
        name_and_text
        for report in reports
        if getattr(report, "when", "") == "call"
        for name_and_text in report.user_properties
    ]
    if not told:
        return []
    # Not needed by most runs, and it takes the fake hub with it.
    from ansible_collections.scramjet.sth.tests.faults.table import PROPERTY, Row, table

    return table(Row.read(text) for name, text in told if name == PROPERTY)
