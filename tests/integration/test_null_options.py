# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option that names what a task works on is refused if it is null or blank. It never means "all" or "none". `omit` leaves it out."""

from __future__ import annotations

import importlib
import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import NOT_NULL
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import recorded, recording
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
# A module, an option, and the other options of the task.
ABOUT: list[tuple[str, str, dict[str, Any]]] = [
    ("sth_sequence", "src", {}),
    ("sth_sequence", "name", {"state": "absent"}),
    ("sth_sequence", "id", {"state": "absent"}),
    ("sth_sequence", "src", {"state": "absent"}),
    ("sth_sequence", "version", {"state": "absent", "name": "probe", "in_use": "stop"}),
    ("sth_sequence_info", "sequence", {}),
    ("sth_instance", "name", {"state": "absent"}),
    ("sth_instance", "id", {"state": "stopped"}),
    ("sth_instance", "sequence", {"name": "web", "state": "stopped"}),
    ("sth_instance", "sequence", {"all": True, "state": "stopped"}),
    ("sth_instance_info", "instance", {}),
    ("sth_instance_info", "sequence", {}),
    ("sth_deployment", "name", {"state": "absent"}),
    ("sth_deployment_info", "names", {}),
    ("sth_deployment", "sequence", {"name": "shop"}),
    ("sth_deployment", "digest", {"name": "shop", "src": PROBE}),
    ("sth_deployment", "src", {"name": "shop"}),
    ("sth_event", "instance", {"send": "ping"}),
    ("sth_event", "sequence", {"send": "ping"}),
    ("sth_event", "send", {"instance": "web"}),
    ("sth_event", "expect", {"instance": "web", "send": "ping"}),
    ("sth_stream", "instance", {"stream": "stdin", "content": "x"}),
    ("sth_stream", "stream", {"instance": "web", "content": "x"}),
    ("sth_stream", "topic", {"content": "x"}),
    ("sth_stream", "src", {"instance": "web", "stream": "stdin"}),
    ("sth_topic", "name", {"state": "absent"}),
    ("sth_topic_info", "name", {}),
    ("sth_package", "src", {}),
]
ONLY_NULL: list[tuple[str, str, dict[str, Any]]] = [
    ("sth_stream", "content", {"topic": "orders"}),
    ("sth_stream", "lines", {"topic": "orders"}),
    ("sth_instance", "input", {"name": "job", "sequence": "probe", "state": "completed"}),
]


VALUES = [("null", None), ("empty", ""), ("blank", "  ")]


def refused(number: int, kind: str, module: str, option: str, value: Any, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{number} {module} {option} {kind} {more}",
        f"scramjet.sth.{module}": {option: value, **more},
        "ignore_errors": True,
    }


def tasks() -> list[dict[str, Any]]:
    cases: list[tuple[str, str, str, Any, dict[str, Any]]] = [
        (kind, module, option, value, more) for module, option, more in ABOUT for kind, value in VALUES
    ]
    for module, option, more in ONLY_NULL:
        cases.append(("null", module, option, {"content": None} if option == "input" else None, more))
    cases.append(("null in a list", "sth_instance_info", "instance", ["web", None], {}))
    return [refused(number, *case) for number, case in enumerate(cases)]


def test_every_option_that_must_not_be_null_is_tested() -> None:
    listed = {(module, option) for module, option, _more in [*ABOUT, *ONLY_NULL]}
    for path in (ROOT / "plugins" / "modules").glob("sth_*.py"):
        task = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{path.stem}").TASK
        assert {(path.stem, option) for option in NOT_NULL if option in task.options} <= listed


@pytest.mark.parametrize("options", [["--check"], []])
def test_null_and_blank_options_are_refused_and_nothing_is_written(options: list[str], tmp_path: pathlib.Path) -> None:
    record = tmp_path / "results.jsonl"
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url}
        prepared = [
            {"scramjet.sth.sth_sequence": {"src": PROBE}},
            {"scramjet.sth.sth_instance": {"name": "web", "sequence": "probe", "stable_for": 0}},
            {"scramjet.sth.sth_deployment": {"name": "shop", "sequence": "probe", "stable_for": 0}},
            {"scramjet.sth.sth_topic": {"name": "orders"}},
        ]
        run_playbook(play(tmp_path / "prepare.yml", {"tasks": prepared}), variables)
        before = len(hub.writes)
        asked = play(tmp_path / "null.yml", {"tasks": tasks()})
        run_playbook(asked, variables, *options, environment=recording(record), warned=True)
        assert len(hub.writes) == before
    results = recorded(record)
    assert len(results) == len(tasks())
    wrong = [
        (item["task"], item["result"].get("error_code"), item["result"].get("msg"))
        for item in results
        # A blank may be the name of a file.
        if item["result"].get("error_code")
        != ("INVALID_PACKAGE" if " src blank" in item["task"] and "stream" not in item["task"] else "INVALID_OPTION")
    ]
    assert not wrong


def test_omitted_options_count_as_not_set(tmp_path: pathlib.Path) -> None:
    left_out = "{{ undefined_here | default(omit) }}"
    listed = {"scramjet.sth.sth_instance_info": {"instance": left_out, "sequence": left_out}, "register": "listed"}
    book = play(
        tmp_path / "omitted.yml",
        {
            "tasks": [
                {"scramjet.sth.sth_sequence": {"src": PROBE, "name": left_out, "version": left_out, "id": left_out}},
                {"scramjet.sth.sth_instance": {"name": "web", "id": left_out, "sequence": "probe", "stable_for": 0}},
                {"scramjet.sth.sth_topic_info": {"name": left_out}},
                listed,
                {"ansible.builtin.assert": {"that": "listed.instances | length == 1"}},
                {
                    "scramjet.sth.sth_sequence": {"state": "absent", "name": left_out},
                    "register": "unsaid",
                    "failed_when": "unsaid.error_code != 'INVALID_OPTION'",
                },
            ]
        },
    )
    with FakeHub(generation="1.x") as hub:
        run_playbook(book, {"sth_api_url": hub.api_url})
