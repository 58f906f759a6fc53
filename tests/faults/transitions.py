# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tasks do on a hub: each transition, and what is there before it."""

from __future__ import annotations

import json
import pathlib
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Any

from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES

Options = dict[str, Any]

# Whose the packages and instances are that no transition may touch.
OTHERS = "other"


@dataclass(frozen=True, eq=False)
class Transition:
    """One task. ``src`` in the options names one of the `packages`.

    ``before``: the tasks that come first. ``repeats``: whether the same task does it again, as it must for a job. ``on``: the
    hubs that can do it. ``codes``: error codes that only this task has, if a part of its work does not go on.
    """

    name: str
    module: str
    options: Options
    before: tuple[tuple[str, Options], ...] = ()
    repeats: bool = False
    on: tuple[str, ...] = ("0.18", "1.x")
    codes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What it is about, in the table."""
        return "info" if self.module.endswith("_info") else self.name.partition(":")[0]


@cache
def packages() -> dict[str, str]:
    """Return the directories of two versions of one package, and of one of somebody else."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="sth-faults-"))
    made = {}
    for letter in ("a", "b", OTHERS):
        path = pathlib.Path(shutil.copytree(PACKAGES / "probe", root / letter))
        with (path / "index.js").open("a") as main:
            main.write(f"// {letter}\n")
        made[letter] = str(path)
    manifest = path / "package.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "name": OTHERS}))
    return made


def given(options: Options) -> Options:
    """Return the options as a task gets them."""
    return {**options, "src": packages()[options["src"]]} if "src" in options else options


def _instance(**options: Any) -> tuple[str, Options]:
    return "sth_instance", {"name": "web", "sequence": "probe", **options}


_STORED = ("sth_sequence", {"src": "a"})
_RUNNING = (_STORED, _instance(app_config={"x": 1}))
_POOL = (_STORED, _instance(count=2, app_config={"x": 1}))
_DEPLOYED = ("sth_deployment", {"name": "web", "src": "a", "replicas": 2, "app_config": {"x": 1}})
_UPDATE: Options = {"name": "web", "src": "b"}
_GATE: Options = {"wait_for": "event", "ready_event": "up"}
_UP: Options = {"app_config": {"events": [{"name": "up", "payload": {"ok": True}}]}}

TRANSITIONS = (
    Transition("sequence: upload", "sth_sequence", {"src": "a"}),
    Transition("sequence: replace", "sth_sequence", {"src": "b", "in_use": "stop"}, _RUNNING),
    Transition("sequence: overwrite", "sth_sequence", {"src": "b", "on_change": "overwrite"}, (_STORED,), on=("1.x",)),
    Transition("sequence: remove", "sth_sequence", {"name": "probe", "state": "absent", "in_use": "stop"}, _RUNNING),
    Transition("instance: start", *_instance(), (_STORED,)),
    Transition("instance: change", *_instance(app_config={"x": 2}), _RUNNING),
    Transition("instance: grow", *_instance(count=4), _POOL),
    Transition("instance: shrink", *_instance(count=0), _POOL),
    Transition("instance: stop", "sth_instance", {"name": "web", "state": "stopped"}, _RUNNING),
    Transition("instance: remove", "sth_instance", {"name": "web", "state": "absent"}, _POOL),
    # Nobody else knows the configuration of what was stopped and not started again.
    Transition("instance: restart", *_instance(state="restarted", app_config={"x": 1}), _RUNNING, repeats=True),
    Transition(
        "instance: run",
        *_instance(state="completed", app_config={"behaviour": "complete", "seconds": 0.05}, on_failure="stop"),
        (_STORED,),
        repeats=True,
        codes=("ENDED_EARLY",),
    ),
    Transition("deployment: first", *_DEPLOYED),
    Transition("deployment: update", "sth_deployment", _UPDATE, (_DEPLOYED,)),
    # A replica that came back after a restart of its hub cannot emit its event once more.
    Transition(
        "deployment: update by events",
        "sth_deployment",
        {**_UPDATE, **_GATE},
        (("sth_deployment", {"name": "web", "src": "a", "replicas": 3, **_UP, **_GATE}),),
    ),
    Transition("deployment: grow", "sth_deployment", {"name": "web", "replicas": 4}, (_DEPLOYED,)),
    Transition(
        "deployment: roll back",
        "sth_deployment",
        {"name": "web", "state": "rolled_back"},
        (_DEPLOYED, ("sth_deployment", _UPDATE)),
    ),
    # When the replicas have gone, nothing else tells which version was theirs.
    Transition("deployment: remove", "sth_deployment", {"name": "web", "state": "absent", "src": "a"}, (_DEPLOYED,)),
    Transition("topic: create", "sth_topic", {"name": "web"}, on=("1.x",)),
    Transition(
        "topic: remove", "sth_topic", {"name": "web", "state": "absent"}, (("sth_topic", {"name": "web"}),), on=("1.x",)
    ),
    Transition("event: send", "sth_event", {"instance": "web", "send": "ping", "payload": "x"}, _RUNNING, repeats=True),
    Transition(
        "event: ask",
        "sth_event",
        {"instance": "web", "send": "ping", "payload": "x", "expect": "pong"},
        _RUNNING,
        repeats=True,
    ),
    Transition(
        "stream: write",
        "sth_stream",
        {"instance": "web", "stream": "input", "content": "x"},
        _RUNNING,
        repeats=True,
        codes=("CONFLICT",),
    ),
    Transition("hub_info", "sth_hub_info", {}, _RUNNING),
    Transition("sequence_info", "sth_sequence_info", {}, _RUNNING),
    Transition("instance_info", "sth_instance_info", {}, _RUNNING),
    Transition("deployment_info", "sth_deployment_info", {}, _RUNNING),
    Transition("topic_info", "sth_topic_info", {}, on=("1.x",)),
)
