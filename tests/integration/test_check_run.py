# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`ansible-playbook --check` predicts a whole play, on an empty hub and on one where the play has run already."""

from __future__ import annotations

import json
import pathlib
import shutil
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.conftest import TIMINGS
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.unit.running import when_asked

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
SECRET = "canary-check-run"
QUICK = {"stable_for": 0, "stop_timeout": 0}
REF = "{{ deployed.sequence.ref }}"

# Ended instances stay listed during the whole play, so that the results do not depend on its speed.
LISTED_FOR_LONG = {generation: replace(timings, extension=600.0) for generation, timings in TIMINGS.items()}

Plays = list[dict[str, Any]]


def module(kind: str, **options: Any) -> dict[str, Any]:
    said = " ".join(str(options.get(key, "")) for key in ("name", "state", "count", "replicas"))
    return {"name": f"{kind} {said}".strip(), f"scramjet.sth.sth_{kind}": options}


def deployed_run_and_removed(package: pathlib.Path) -> Plays:
    """Return the tasks of a play that does everything with a package and removes it at the end, some of them twice."""
    second = package.parent / "second"
    config = {"apiToken": SECRET, "size": 1}
    return [
        {"register": "deployed", **module("sequence", src=str(package))},
        module("sequence", src=str(package)),
        module("instance", name="web", count=2, sequence=REF, app_config=config, **QUICK),
        module("instance", name="web", count=2, sequence=REF, app_config=config, **QUICK),
        module("instance", name="web", count=2, sequence=REF, app_config={**config, "size": 2}, **QUICK),
        module("instance", name="web", count=1, **QUICK),
        module("event", instance="web", send="ping", expect="pong"),
        module("instance", name="web", state="restarted", **QUICK),
        module("stream", instance="web-0", stream="stdin", lines=[{"a": 1}]),
        # It completes when the next task waits for it.
        module("instance", name="brief", sequence=REF, app_config={"behaviour": "run"}, wait_for="none"),
        module("instance", name="brief", state="completed"),
        module("instance", name="brief", state="stopped"),
        module("instance", name="job", state="completed", sequence="probe", app_config={"behaviour": "complete"}),
        module("deployment", name="shop", src=str(package), replicas=2, app_config=config, **QUICK),
        module("deployment", name="shop", replicas=3, **QUICK),
        module("deployment", name="shop", src=str(second), **QUICK),
        module("deployment", name="shop", src=str(second), **QUICK),
        module("deployment", name="shop", state="rolled_back", **QUICK),
        module("topic", name="orders"),
        module("topic", name="orders"),
        module("stream", topic="orders", content="x"),
        module("topic", name="orders", state="absent"),
        module("topic", name="orders", state="absent"),
        module("deployment", name="shop", state="absent", stop_timeout=0),
        module("deployment", name="shop", state="absent", stop_timeout=0),
        module("instance", name="web", state="stopped", stop_timeout=0),
        module("instance", name="web", state="stopped", stop_timeout=0),
        module("sequence", name="probe", state="absent"),
        module("sequence", name="probe", state="absent"),
    ]


def deployed_and_left(package: pathlib.Path) -> Plays:
    """Return the tasks of a play that changes nothing when it is run again."""
    pool = module("instance", name="web", count=2, sequence=REF, app_config={"apiToken": SECRET}, **QUICK)
    shop = module("deployment", name="shop", sequence=REF, replicas=2, **QUICK)
    return [{"register": "deployed", **module("sequence", src=str(package))}, pool, pool, shop, shop]


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    """The probe, next to a second version of it."""
    for name in ("first", "second"):
        shutil.copytree(PROBE, tmp_path / name)
    (tmp_path / "second" / "README.md").write_text("Changed.")
    return tmp_path / "first"


def told(tasks: Plays, hub: FakeHub, directory: pathlib.Path, entrance: str, *options: str) -> list[tuple[Any, ...]]:
    """Run the play; return the name of each task, whether it has changed or would change something, and what."""
    record = directory / "results.jsonl"
    record.write_text("")
    environment = {
        "ANSIBLE_LOCAL_TEMP": str(directory / "local"),
        "STH_TEST_RECORD": str(record),
    }
    variables = {"sth_api_url": hub.api_url, "sth_entrance": entrance}
    book = play(directory / "play.yml", {"tasks": tasks})
    output = run_playbook(book, variables, "-vvv", "--diff", *options, environment=environment)
    assert SECRET not in output
    results = [json.loads(line) for line in record.read_text().splitlines()]
    assert len(results) == sum(len(item.get("block", "1")) for item in tasks)
    return [
        (
            item["task"],
            item["result"]["changed"],
            [(action["action"], action["object"]) for action in item["result"]["actions"]],
            item["result"].get("diff"),
        )
        for item in results
    ]


def complete_first_read(hub: FakeHub) -> None:
    """Let the program complete whose output was read first."""
    path = next(item.path for item in hub.requests if item.path.endswith("/output"))
    with hub.state.lock:
        hub.state.instances[path.split("/")[-2]].complete(b"done\n")


def test_a_play_in_check_mode_predicts_what_it_then_does(package: pathlib.Path, tmp_path: pathlib.Path) -> None:
    tasks = deployed_run_and_removed(package)
    with FakeHub(generation="1.x", timings=LISTED_FOR_LONG["1.x"]) as hub:
        predicted = told(tasks, hub, tmp_path, "in_process", "--check")
        assert not hub.writes
        when_asked(hub, "/output", lambda: complete_first_read(hub))
        assert told(tasks, hub, tmp_path, "in_process") == predicted
    assert not list((tmp_path / "local").glob("*")), "left on the controller"


# The generation of a hub and the entrance of a task are independent. So not all combinations run here; `make matrix` runs all.
@pytest.mark.parametrize(
    ("generation", "entrance"),
    [("1.x", "in_process"), ("0.18", "in_process"), *([("1.x", "module"), ("0.18", "module")] if EVERYTHING else [])],
)
def test_a_play_that_has_been_run_predicts_no_change(
    generation: str, entrance: str, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    tasks = deployed_and_left(package)
    with FakeHub(generation=generation, timings=LISTED_FOR_LONG[generation]) as hub:
        predicted = told(tasks, hub, tmp_path, entrance, "--check")
        assert [item[1] for item in predicted] == [True, True, False, True, False]
        assert not hub.writes
        assert told(tasks, hub, tmp_path, entrance) == predicted
        written = len(hub.writes)
        again = told(tasks, hub, tmp_path, entrance, "--check")
        assert not [item[1] for item in again if item[1]]
        assert len(hub.writes) == written


POOL = module("instance", name="web", count=2, sequence="probe", app_config={"apiToken": SECRET}, **QUICK)
# Tasks that are in check mode because of their own keyword, of that of their block, and of a template.
ASKED: Plays = [
    {**POOL, "check_mode": True},
    {"block": [POOL], "check_mode": True},
    {**POOL, "check_mode": "{{ asking }}", "vars": {"asking": True}},
]


# test_each_attempt_of_a_task hands on predictions through both.
@through_entrances
def test_a_task_with_check_mode_true_is_not_predicted_as_done(
    entrance: str, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    tasks = [module("sequence", src=str(package)), *ASKED, POOL, *ASKED, POOL]
    with FakeHub(generation="1.x") as hub:
        predicted = told(tasks, hub, tmp_path, entrance, "--check")
        assert [item[1] for item in predicted] == [True, *[True] * 3, True, *[False] * 3, False]
        assert told(tasks, hub, tmp_path, entrance) == predicted


def test_every_task_that_acts_in_the_real_run_is_predicted_as_done(
    package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    tasks = [
        module("sequence", src=str(package)),
        {**POOL, "check_mode": "{{ ansible_check_mode }}"},
        {"block": [POOL], "check_mode": "{{ ansible_check_mode }}"},
    ]
    with FakeHub(generation="1.x") as hub:
        predicted = told(tasks, hub, tmp_path, "in_process", "--check")
        assert [item[1] for item in predicted] == [True, True, False]
        assert told(tasks, hub, tmp_path, "in_process") == predicted


@pytest.mark.parametrize("entrance", ["in_process", "module"])
def test_each_attempt_of_a_task_is_predicted_from_the_state_before_the_first_attempt(
    entrance: str, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    repeated: dict[str, Any] = {"until": "made.instance.id is not none", "retries": 2, "delay": 0, "register": "made"}
    tasks = [
        module("sequence", src=str(package)),
        {**POOL, **repeated, "ignore_errors": True},
        POOL,
    ]
    with FakeHub(generation="1.x") as hub:
        predicted = told(tasks, hub, tmp_path, entrance, "--check")
        assert [item[1] for item in predicted] == [True, True, False]
        # In the real run, the first attempt already reports an id.
        assert told(tasks, hub, tmp_path, entrance) == predicted


def test_each_item_of_a_loop_is_predicted_from_the_state_after_the_items_before_it(
    package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    tasks = [module("sequence", src=str(package)), {**POOL, "loop": [1, 2], "register": "looped"}, POOL]
    check = {
        "ansible.builtin.assert": {"that": "looped.results | map(attribute='changed') | list == [true, false]"},
    }
    with FakeHub(generation="1.x") as hub:
        book = play(tmp_path / "play.yml", {"tasks": [*tasks, check]})
        for options in (["--check"], []):
            run_playbook(book, {"sth_api_url": hub.api_url}, *options)
