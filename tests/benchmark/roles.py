# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares roles and playbooks with module tasks that do the same."""

from __future__ import annotations

import pathlib
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible_collections.scramjet.sth.tests.benchmark.measuring import milliseconds, play_of, table, times
from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import link_installation, variables_of_hub

ITEMS = (1, 12, 100)
TURNS = 3
# On two idle processors.
HUB_AIM = "5 s"
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
DEPLOYMENT = "scramjet.sth.sth_deployment"
JOB: dict[str, Any] = {"behaviour": "complete", "seconds": 0.1}


@dataclass
class Measured:
    """One way to do something, and what each turn took."""

    name: str
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    tasks: int = 0

    def turn(self, run: Callable[[], str]) -> None:
        """Do it once. The hub is in this process, so that its processor time is not in that of the children."""
        processor, begin = _of_children(), time.monotonic()
        output = run()
        self.seconds.append(time.monotonic() - begin)
        self.processor.append(_of_children() - processor)
        self.tasks = output.count("TASK [")


def run(directory: pathlib.Path) -> None:
    """Print the tables."""
    for count in ITEMS:
        _deployments(directory, count)
    for count in ITEMS:
        _playbooks(directory, count)
    _job(directory)


def _deployments(directory: pathlib.Path, count: int) -> None:
    """Deploy a list on an empty hub, and again: by the module in a loop, and by the role."""
    wanted = _wanted(count)
    ways = {
        "module": [_loop(src="{{ item.src }}", app_config="{{ item.app_config }}", replicas="{{ item.replicas }}")],
        "role": [{"ansible.builtin.include_role": {"name": "scramjet.sth.deployment"}}],
    }
    measured: dict[tuple[str, bool], Measured] = {}
    for _dummy in range(TURNS):
        for way, tasks in ways.items():
            with FakeHub(generation="1.x") as hub:
                play = play_of(directory, tasks, {"sth_api_url": hub.api_url, **wanted})
                for first in (True, False):
                    measured.setdefault((way, first), Measured(_title(way, count))).turn(play)
    for first, title in ((True, "first run"), (False, "nothing to do")):
        _table(f"Role `deployment`, {title}, {count} in the list", measured["module", first], measured["role", first])


def _playbooks(directory: pathlib.Path, count: int) -> None:
    """Scale, roll back and clean up with nothing to do, by the playbooks and by loops."""
    wanted = _wanted(count)
    names = [item["name"] for item in wanted["deployment_list"]]
    stop = {"stop_timeout": 0}
    secret = {**stop, "secret_keys": ["*"]}
    each = {"loop": names}
    plays: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
        "scale": ([_loop(replicas="{{ item.replicas }}", keep_config=True)], wanted),
        "rollback": ([_loop(state="rolled_back", keep_config=True)], wanted),
        "cleanup": (
            [
                {DEPLOYMENT: {"name": "{{ item }}", "state": "absent", **secret}, **each},
                {"scramjet.sth.sth_instance": {"name": "{{ item }}", "state": "stopped", **secret}, **each},
                {
                    "scramjet.sth.sth_sequence": {"name": "{{ item }}", "state": "absent", "in_use": "stop", **stop},
                    **each,
                },
            ],
            {"sth_cleanup": names, "sth_cleanup_stop_timeout": 0},
        ),
    }
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url}
        # Twice, so that there is a version to go back to.
        for package in (PROBE, _another(directory)):
            task = _loop(src=package, app_config="{{ item.app_config }}")
            play_of(directory, [task], {**variables, **wanted})()
        for name, (tasks, given) in plays.items():
            everything = {**variables, **given}
            by_loop, by_book = (
                play_of(directory, tasks, everything),
                partial(run_playbook, f"scramjet.sth.{name}", everything),
            )
            loop, book = Measured(_title("module", count)), Measured(f"`scramjet.sth.{name}`")
            # After this nothing is to be done.
            by_loop()
            for _dummy in range(TURNS):
                loop.turn(by_loop)
                book.turn(by_book)
            _table(f"Playbook `{name}`, nothing to do, {count} in the list", loop, book)


def _job(directory: pathlib.Path) -> None:
    """Run a job by the role, and by the module tasks that it consists of."""
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": PROBE, "keep_old": True}, "register": "package"},
        {
            "scramjet.sth.sth_instance": {
                "name": "probe-job",
                "sequence": "{{ package.sequence.ref }}",
                "state": "completed",
                "app_config": JOB,
                "args": [],
                "collect": ["output", "stdout", "stderr", "log"],
            }
        },
        {"scramjet.sth.sth_sequence": {"id": "{{ package.sequence.id }}", "state": "absent"}},
    ]
    role: list[dict[str, Any]] = [{"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}]
    given = {"run_job_src": PROBE, "run_job_app_config": JOB}
    with FakeHub(generation="1.x", timings=FAST) as hub:
        variables = {"sth_api_url": hub.api_url, **given}
        by_modules, by_role = play_of(directory, tasks, variables), play_of(directory, role, variables)
        modules, whole = Measured("three tasks of modules"), Measured("`scramjet.sth.run_job`")
        for _dummy in range(TURNS):
            modules.turn(by_modules)
            whole.turn(by_role)
    _table("Role `run_job`, a job that takes 0.1 s", modules, whole)


def run_hub(directory: pathlib.Path) -> None:
    """Run the role for a hub that runs as it should, beside a play that does nothing."""
    place = directory / "hub"
    place.mkdir()
    link_installation(place / "prefix")
    variables = variables_of_hub(place)
    role = play_of(directory, [{"ansible.builtin.include_role": {"name": "scramjet.sth.hub"}}], variables)
    nothing = play_of(directory, [{"ansible.builtin.debug": {"msg": "nothing"}}], variables)
    role()
    try:
        base, whole = Measured("a play with one `debug`"), Measured("`scramjet.sth.hub`")
        for _dummy in range(TURNS):
            base.turn(nothing)
            whole.turn(role)
    finally:
        play_of(
            directory,
            [{"ansible.builtin.include_role": {"name": "scramjet.sth.hub"}}],
            {**variables, "hub_state": "stopped"},
        )()
    _table("Role `hub`, nothing to do", base, whole)
    table(
        f"Role `hub`, nothing to do: how long it takes (turns: {TURNS})",
        ["by", "tasks", "median", "slowest", "to `debug`", "aim"],
        [
            [
                one.name,
                one.tasks,
                milliseconds(statistics.median(one.seconds)),
                milliseconds(max(one.seconds)),
                times(statistics.median(one.seconds), statistics.median(base.seconds)),
                aim,
            ]
            for one, aim in ((base, ""), (whole, HUB_AIM))
        ],
    )


def _wanted(count: int) -> dict[str, Any]:
    config = {"behaviour": "run", "database": {"url": "db.example.com", "password": "secret1"}}
    items = [{"name": f"d{n}", "src": PROBE, "replicas": 1, "app_config": {**config, "n": n}} for n in range(count)]
    return {"deployment_list": items, "deployment_defaults": {"stable_for": 0, "stop_timeout": 0}}


def _another(directory: pathlib.Path) -> str:
    """Return a package of the same name with other content."""
    path = directory / "another"
    path.mkdir(exist_ok=True)
    for file in pathlib.Path(PROBE).iterdir():
        content = file.read_text(encoding="utf-8")
        (path / file.name).write_text(content + "\n", encoding="utf-8")
    return str(path)


def _loop(**options: Any) -> dict[str, Any]:
    """Return the task that does it in a loop, as users write it."""
    module = {"name": "{{ item.name }}", "stable_for": 0, "stop_timeout": 0, **options}
    return {DEPLOYMENT: module, "loop": "{{ deployment_list }}", "loop_control": {"label": "{{ item.name }}"}}


def _title(way: str, count: int) -> str:
    return f"a loop over {count}" if way == "module" else "`scramjet.sth.deployment`"


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _table(title: str, base: Measured, *others: Measured) -> None:
    median = statistics.median
    table(
        title,
        ["by", "tasks", "time", "processor time", "to the modules"],
        [
            [
                one.name,
                one.tasks,
                milliseconds(median(one.seconds)),
                milliseconds(median(one.processor)),
                times(median(one.processor), median(base.processor)),
            ]
            for one in (base, *others)
        ],
    )
