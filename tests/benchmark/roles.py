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
# For the plot of its growth.
MOST_ITEMS = 200
TURNS = 3
TITLE = f"Roles and playbooks, and module tasks that do the same (turns: {TURNS})"
# On two idle processors.
HUB_AIM = "5 s"
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
DEPLOYMENT = "scramjet.sth.sth_deployment"
JOB: dict[str, Any] = {"behaviour": "complete", "seconds": 0.1}


@dataclass
class Measured:
    """What each turn of one way to do something took."""

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
    rows = [row for count in (*ITEMS, MOST_ITEMS) for row in _deployments(directory, count)]
    rows.sort(key=lambda row: row[0])
    rows += [row for count in ITEMS for row in _playbooks(directory, count)]
    columns = ["role or playbook", "elements", "module tasks", "tasks of the role or playbook"]
    for way in ("module tasks", "role or playbook"):
        columns += [f"time of the {way}", f"processor time of the {way}"]
    table(TITLE, [*columns, "ratio of processor times"], [*rows, _job(directory)])


def _deployments(directory: pathlib.Path, count: int) -> list[list[str]]:
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
                    measured.setdefault((way, first), Measured()).turn(play)
    return [
        _row(f"role `deployment`, {what}", str(count), measured["module", first], measured["role", first])
        for first, what in ((True, "first run"), (False, "nothing to do"))
    ]


def _playbooks(directory: pathlib.Path, count: int) -> list[list[str]]:
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
    rows = []
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
            loop, book = Measured(), Measured()
            # After this nothing is to be done.
            by_loop()
            for _dummy in range(TURNS):
                loop.turn(by_loop)
                book.turn(by_book)
            rows.append(_row(f"playbook `{name}`, nothing to do", str(count), loop, book))
    return rows


def _job(directory: pathlib.Path) -> list[str]:
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
        modules, whole = Measured(), Measured()
        for _dummy in range(TURNS):
            modules.turn(by_modules)
            whole.turn(by_role)
    return _row("role `run_job`, a job that takes 0.1 s", "", modules, whole)


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
        base, whole = Measured(), Measured()
        for _dummy in range(TURNS):
            base.turn(nothing)
            whole.turn(role)
    finally:
        play_of(
            directory,
            [{"ansible.builtin.include_role": {"name": "scramjet.sth.hub"}}],
            {**variables, "hub_state": "stopped"},
        )()
    table(
        f"Role `hub`, nothing to do: how long it takes (turns: {TURNS})",
        ["by", "tasks", "median", "slowest", "processor time", "to `debug`", "aim"],
        [
            [
                name,
                one.tasks,
                milliseconds(statistics.median(one.seconds)),
                milliseconds(max(one.seconds)),
                milliseconds(statistics.median(one.processor)),
                times(statistics.median(one.seconds), statistics.median(base.seconds)),
                aim,
            ]
            for name, one, aim in (("a play with one `debug`", base, ""), ("`scramjet.sth.hub`", whole, HUB_AIM))
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


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(what: str, elements: str, modules: Measured, whole: Measured) -> list[str]:
    taken = [
        milliseconds(statistics.median(found)) for one in (modules, whole) for found in (one.seconds, one.processor)
    ]
    ratio = times(statistics.median(whole.processor), statistics.median(modules.processor))
    return [what, elements, str(modules.tasks), str(whole.tasks), *taken, ratio]
