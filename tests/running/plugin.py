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
    MODULES_VARIABLE,
    OUTPUT,
    OUTPUT_VARIABLE,
    output_name,
    output_of_run,
)
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace

_RUNS_KEPT = 5
# The time limit of a test in seconds, longer than those of its commands together. These should pass first, because they name the task.
_TEST = 650
# Parts of the ids of the tests that begin first. They take longest, and would otherwise run alone at the end, when the workers from both
# ends of the list meet. Unit tests and scenarios, which mostly wait, come last (scheduling.py).
_FIRST = (
    "sanity",
    "test_role_hub",
    "test_quickstart",
    "test_real_hub",
    "test_fake_1_x_roles",
    "test_fake_1_x",
    "test_checks",
    "test_task_keywords",
    "test_secrets",
    "integration",
)


def pytest_configure(config: pytest.Config) -> None:
    """Measure the pace before anything else runs. Workers get it in the environment."""
    if not hasattr(config, "workerinput"):
        os.environ[OUTPUT_VARIABLE] = str(OUTPUT / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}")
        for older in sorted(OUTPUT.glob("*"))[:-_RUNS_KEPT]:
            # Keep the output of a run that still goes on. The number of its process is in the name of the folder.
            if not pathlib.Path("/proc", older.name.rpartition("-")[2]).exists():
                shutil.rmtree(older, ignore_errors=True)
        modules = output_of_run() / "modules"
        modules.mkdir(parents=True, exist_ok=True)
        os.environ[MODULES_VARIABLE] = str(modules)
        config.add_cleanup(lambda: shutil.rmtree(modules, ignore_errors=True))
        pace()
    # No deadline for examples: how long one takes only shows how busy the machine is.
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
    """Let workers take tests from both ends of the list. For other values of ``--dist``, use the schedulers of xdist."""
    if config.getoption("dist") != "load":
        return None
    # Import it here, because some sessions have no xdist.
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
    # An error of a fixture may come before the first failure. What failed before any test has no time.
    failed.sort(key=lambda report: getattr(report, "stop", 0.0))
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
    """Return the lines of the table of faults, if tests have reported results for it."""
    reports = itertools.chain.from_iterable(terminalreporter.stats.values())
    told = [
        name_and_text
        for report in reports
        if getattr(report, "when", "") == "call"
        for name_and_text in report.user_properties
    ]
    if not told:
        return []
    # Import it here, because most runs do not need it, and it imports the fake hub.
    from ansible_collections.scramjet.sth.tests.faults.table import PROPERTY, Row, table

    return table(Row.read(text) for name, text in told if name == PROPERTY)
