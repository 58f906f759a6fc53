# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of tasks of all kinds leave no worker of ansible-playbook dead.

A task in-process runs in the worker, with threads of its own. ansible-playbook ends with "A worker was found in a dead state" if a worker
does not end as it should.
"""

from __future__ import annotations

import collections
import pathlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace

PROBE = ROOT / "tests" / "integration" / "packages" / "probe"
HOSTS = ("localhost", *(f"host-{number}" for number in range(7)))
# How ansible-playbook runs its workers: the strategy, and how many at once.
RUNS = (("linear", 4), ("free", 8), ("linear", 12), ("free", 3), ("linear", 8))
ROUNDS = 4
AT_LEAST = 5000
_RECAP = re.compile(r"^(\S+) +: (ok=\d+ .*)$", re.MULTILINE)
# Much longer than the keyword timeout. ansible-core has one alarm for it, and loses it if it comes while a template is deleted. This was seen
# once, with a timeout of 1 s on a busy machine. So the keyword gives the worker time to begin to wait, and the task ends by itself too.
TIMEOUT = round(2 * pace())
LONG = 100 * TIMEOUT


@dataclass(frozen=True)
class Step:
    """A task, and the columns of the recap that each host counts it in."""

    task: dict[str, Any]
    counted: tuple[str, ...] = ("ok",)


@dataclass
class Recap:
    """What the recap of a run says, by host and column."""

    hosts: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, output: str) -> Recap:
        """Read it at the end of the output of a run."""
        told = output.rpartition("PLAY RECAP")[2]
        return cls(
            {
                host: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", columns)}
                for host, columns in _RECAP.findall(told)
            }
        )

    @property
    def tasks(self) -> int:
        """How many tasks have ended, each in a worker of its own. A loop is one; those with ignore_errors count as ok too."""
        ended = ("ok", "failed", "unreachable", "skipped", "rescued")
        return sum(columns[name] for columns in self.hosts.values() for name in ended)


def quiet(task: dict[str, Any]) -> dict[str, Any]:
    """Return a task that is to fail."""
    return {**task, "ignore_errors": True}


def as_module(task: dict[str, Any]) -> dict[str, Any]:
    """Return a task that runs in a process of its own."""
    return {**task, "vars": {"sth_entrance": "module"}}


def steps(number: int) -> Iterator[Step]:
    """Yield the tasks of one round."""
    changed, ignored = ("ok", "changed"), ("ok", "ignored")
    name = f"{{{{ inventory_hostname }}}}-{number}"
    starts = {"name": name, "count": 3, "sequence": "probe", "stable_for": 0, "app_config": {"stdout": "hello"}}
    asks = {"scramjet.sth.sth_event": {"instance": name, "send": "ping", "payload": "x", "expect": "pong"}}
    waits = {"scramjet.sth.sth_event": {"instance": name, "expect": "never", "wait_timeout": LONG}, "timeout": TIMEOUT}
    lists: dict[str, Any] = {"scramjet.sth.sth_instance_info": {}, "register": "seen"}
    job: dict[str, Any] = {"name": f"{name}-job", "state": "completed", "sequence": "probe"}
    broken = {"name": f"{name}-broken", "sequence": "probe", "app_config": {"behaviour": "throw_at_start"}}

    yield Step({"scramjet.sth.sth_instance": starts}, changed)
    yield from plain(number)
    yield Step({"scramjet.sth.sth_instance": starts})
    yield Step({**lists, "until": "seen.instances | length > 2", "retries": 2, "delay": 0})
    yield Step(asks, changed)
    yield Step({"scramjet.sth.sth_stream": {"instance": f"{name}-0", "stream": "stdout", "max_lines": 1}})
    yield Step(
        {
            "scramjet.sth.sth_event": {**asks["scramjet.sth.sth_event"], "instance": f"{name}-{{{{ item }}}}"},
            "loop": [0, 1, 2],
        },
        changed,
    )
    config = {"behaviour": "echo"}
    yield Step({"scramjet.sth.sth_instance": {**job, "app_config": config, "input": {"lines": ["a", "b"]}}}, changed)
    yield from plain(number)
    yield Step(quiet(waits), ignored)
    yield Step(quiet({"scramjet.sth.sth_instance": {"name": "none", "sequence": "none"}}), ignored)
    yield Step(quiet({"scramjet.sth.sth_instance": broken}), ("ok", "ignored", "changed"))
    # The failure in the block, and the task in the rescue.
    failing = {"scramjet.sth.sth_sequence": {"src": "/there/is/none"}}
    yield Step({"block": [failing], "rescue": [{"ansible.builtin.debug": {}}]}, ("rescued", "ok"))
    yield Step({"scramjet.sth.sth_instance": {**starts, "name": f"{name}-more"}, "check_mode": True}, changed)
    yield Step({"scramjet.sth.sth_hub_info": {}, "delegate_to": "localhost"})
    yield Step({"scramjet.sth.sth_hub_info": {}, "when": False}, ("skipped",))
    if number % 2:
        yield Step(as_module(asks), changed)
        yield Step({**lists, "async": 600, "poll": 1})
        yield Step({"scramjet.sth.sth_sequence_info": {}, "async": 600, "poll": 0, "register": "begun"}, changed)
        yield Step(
            {
                "ansible.builtin.async_status": {"jid": "{{ begun.ansible_job_id }}"},
                "register": "done",
                "until": "done is finished",
                "retries": 600,
                "delay": 1,
            }
        )
    else:
        yield Step(as_module(lists))
        yield Step(quiet(as_module(waits)), ignored)
        yield Step({"ansible.builtin.command": {"argv": ["true"]}}, changed)
    yield from plain(number)
    yield Step({"scramjet.sth.sth_instance": {"name": name, "state": "stopped"}}, changed)


def plain(number: int) -> Iterator[Step]:
    """Yield tasks of ansible-core."""
    yield Step({"ansible.builtin.set_fact": {"round": number}})
    yield Step({"ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": [1, 2]})
    yield Step({"ansible.builtin.debug": {"var": "round"}})
    yield Step({"ansible.builtin.assert": {"that": f"round | int == {number}"}})
    yield Step(quiet({"ansible.builtin.fail": {"msg": "on purpose"}}), ("ok", "ignored"))


def counted(chosen: Iterable[Step]) -> dict[str, int]:
    """Return what each host counts in its recap."""
    columns = ("ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored")
    found = collections.Counter(name for step in chosen for name in step.counted)
    return {name: found[name] for name in columns}


@pytest.mark.skipif(not EVERYTHING, reason="five thousand tasks: for make matrix")
@pytest.mark.timeout(bound(1800))
def test_no_worker_dies(tmp_path: pathlib.Path) -> None:
    tasks = 0
    with FakeHub(generation="1.x") as hub:
        variables = {"sth_api_url": hub.api_url}
        upload: dict[str, Any] = {"scramjet.sth.sth_sequence": {"src": str(PROBE)}}
        run_playbook(play(tmp_path / "upload.yml", {"tasks": [upload]}), variables)
        for at, (strategy, forks) in enumerate(RUNS):
            chosen = [step for number in range(ROUNDS) for step in steps(ROUNDS * at + number)]
            book = play(tmp_path / f"{at}.yml", {"strategy": strategy, "tasks": [step.task for step in chosen]})
            options = ("-i", f"{','.join(HOSTS)},", "--forks", str(forks))
            output = run_playbook(book, variables, *options, seconds=600)
            assert "dead state" not in output
            recap = Recap.of(output)
            assert recap.hosts == dict.fromkeys(HOSTS, counted(chosen))
            tasks += recap.tasks
    print(f"{tasks} tasks in {len(RUNS)} runs")
    assert tasks >= AT_LEAST
