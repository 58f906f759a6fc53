# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keywords of tasks that need several hosts or a time limit: `timeout`, and `run_once`."""

from __future__ import annotations

import pathlib
from typing import Any

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.pace import pace

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
# A time limit in seconds that is much longer than any task or test may take.
LONG = 20_000
# Tasks that wait for something that never happens, most of them in several threads.
ENDLESS: dict[str, dict[str, Any]] = {
    "an event of each member": {"scramjet.sth.sth_event": {"instance": "web", "expect": "never", "wait_timeout": LONG}},
    "a pool that never gets ready": {
        "scramjet.sth.sth_instance": {
            "name": "mute",
            "count": 6,
            "sequence": "probe",
            "wait_for": "event",
            "ready_event": "never",
            "wait_timeout": LONG,
        }
    },
    "a deployment that never gets ready": {
        "scramjet.sth.sth_deployment": {
            "name": "shop",
            "sequence": "probe",
            "replicas": 3,
            "wait_for": "event",
            "ready_event": "never",
            "wait_timeout": LONG,
        }
    },
    "a run without an end": {
        "scramjet.sth.sth_instance": {
            "name": "job",
            "state": "completed",
            "sequence": "probe",
            "input": {"content": "x"},
            "run_timeout": LONG,
        }
    },
    "a stream that is silent": {
        "scramjet.sth.sth_stream": {"instance": "web-0", "stream": "stdout", "wait_timeout": LONG}
    },
    "programs that take their time to stop": {
        "scramjet.sth.sth_instance": {"name": "slow", "state": "stopped", "stop_timeout": LONG}
    },
}


def test_a_task_ends_at_its_timeout_and_asks_nothing_more_of_the_hub(tmp_path: pathlib.Path) -> None:
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        *(
            {"scramjet.sth.sth_instance": {"name": name, "count": 3, "sequence": "probe", "stable_for": 0}}
            for name in ("web", "slow")
        ),
    ]
    for what, action in ENDLESS.items():
        tasks += [
            {"name": what, **action, "timeout": 2, "register": "ended", "ignore_errors": True},
            {
                "ansible.builtin.assert": {
                    "that": "ended.msg is search('Timed out after 2|time frame .2.')",
                    "fail_msg": "told {{ ended.msg }}",
                }
            },
            # Requests that are on their way at the end of the task may still arrive. After that, none arrives for a second.
            {"ansible.builtin.pause": {"seconds": round(pace())}},
            _note("quiet from here"),
            {"ansible.builtin.pause": {"seconds": 1}},
            _note("until here"),
        ]
    with FakeHub(generation="1.x") as hub:
        book = play(tmp_path / "timeout.yml", {"tasks": tasks})
        run_playbook(book, {"sth_api_url": hub.api_url})
        noted = [item.path.rpartition("/")[2] for item in hub.requests]
    quiet = [noted[at + 1] for at, path in enumerate(noted) if path == "quiet%20from%20here"]
    assert quiet == ["until%20here"] * len(ENDLESS)


def test_each_item_of_a_loop_has_its_own_timeout(tmp_path: pathlib.Path) -> None:
    looped = {
        **ENDLESS["an event of each member"],
        "loop": ["a", "b"],
        "timeout": 1,
        "register": "ended",
        "ignore_errors": True,
    }
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}},
        {"scramjet.sth.sth_instance": {"name": "web", "count": 2, "sequence": "probe", "stable_for": 0}},
        looped,
        {
            "ansible.builtin.assert": {
                "that": "ended.results | selectattr('msg', 'search', 'Timed out after 1|time frame .1.') | length == 2"
            }
        },
    ]
    with FakeHub(generation="1.x") as hub:
        run_playbook(play(tmp_path / "loop.yml", {"tasks": tasks}), {"sth_api_url": hub.api_url})


@through_entrances
def test_a_task_that_is_run_once_is_run_once_for_all_hosts(entrance: str, tmp_path: pathlib.Path) -> None:
    once = {"run_once": True}
    tasks: list[dict[str, Any]] = [
        {"scramjet.sth.sth_sequence": {"src": str(PROBE)}, "register": "deployed", **once},
        {"scramjet.sth.sth_instance": {"name": "{{ inventory_hostname }}", "sequence": "{{ deployed.sequence.ref }}"}},
        {"scramjet.sth.sth_instance_info": {}, "register": "found", "delegate_to": "two", **once},
        {
            "ansible.builtin.assert": {
                "that": [
                    "deployed is changed",
                    "found.instances | map(attribute='name') | sort == ['localhost', 'one', 'two']",
                ]
            }
        },
    ]
    with FakeHub(generation="1.x") as hub:
        book = play(tmp_path / "hosts.yml", {"tasks": tasks})
        run_playbook(book, {"sth_api_url": hub.api_url, "sth_entrance": entrance}, "-i", "one,two,")
        assert len([item for item in hub.writes if item.path.endswith("/sequence")]) == 1
        assert len(hub.instances) == 3


def _note(text: str) -> dict[str, Any]:
    """Return a task that sends ``text`` to the hub, so that its place among the requests can be seen."""
    return {"ansible.builtin.uri": {"url": "{{ sth_api_url }}/" + text.replace(" ", "%20"), "status_code": 404}}
