# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook ``scramjet.sth.rollout``: batches of hubs, and the way back. On simulated hubs of both generations, and on real ones."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import unmarked
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.fake_hub.calls import Answer, Call
from ansible_collections.scramjet.sth.tests.integration.playbooks import run_playbook
from ansible_collections.scramjet.sth.tests.integration.real_hub import role_hub
from ansible_collections.scramjet.sth.tests.integration.test_fleet import PROBE, SECRET, WEB, Fleet, everything
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError, ending_processes
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace
from ansible_collections.scramjet.sth.tests.unit.running import throw, when

ROLLOUT = "scramjet.sth.rollout"
OLD: dict[str, Any] = {
    "total_replicas": 6,
    "app_config": {"behaviour": "run", "password": f"{SECRET}-old"},
    "args": ["old"],
}
# The programs on a hub: the index, the version, the rest of the app_config, and the args of each.
Shown = list[tuple[int, str, dict[str, Any], list[Any]]]


@pytest.fixture
def new(tmp_path: pathlib.Path) -> dict[str, Any]:
    """Return the options of another version with another configuration."""
    package = tmp_path / "probe"
    shutil.copytree(PROBE, package)
    description = json.loads((package / "package.json").read_text())
    (package / "package.json").write_text(json.dumps({**description, "version": "2.0.0"}))
    config = {"behaviour": "run", "password": f"{SECRET}-new", "fresh": True}
    return {"total_replicas": 6, "src": str(package), "app_config": config, "args": ["new"]}


def rollout(fleet: Fleet, *options: str, soak: int = 0, warned: bool = False, **element: Any) -> str:
    """Run the playbook. What it prints shows no secret."""
    given = ("-e", f"sth_rollout_soak_time={soak}", *options)
    output = fleet.deploy(*given, book=ROLLOUT, warned=warned, **element)
    assert SECRET not in output.partition("PLAY [")[2]
    return output


def stopped(fleet: Fleet, *options: str, soak: int = 0, **element: Any) -> str:
    """Run the playbook, which must fail; return its message."""
    with pytest.raises(CommandFailedError) as failure:
        rollout(fleet, *options, soak=soak, warned=True, **element)
    said = str(failure.value)
    assert SECRET not in said.partition("PLAY [")[2]
    return said


def running(hub: FakeHub) -> Shown:
    rows = []
    with hub.state.lock:
        hub.state.advance()
        for item in hub.state.runners:
            if item.process_alive:
                config = unmarked(item.app_config)
                rows.append((config.pop("n"), item.sequence.version.partition("+")[0], config, item.args or []))
    return sorted(rows, key=lambda row: row[0])


def everywhere(fleet: Fleet) -> dict[str, Shown]:
    return {name: running(hub) for name, hub in fleet.hubs.items()}


def versions(fleet: Fleet) -> dict[str, set[str]]:
    return {name: {row[1] for row in rows} for name, rows in everywhere(fleet).items()}


@contextmanager
def three_hubs(directory: pathlib.Path) -> Iterator[Fleet]:
    """Yield hubs of both generations. With the default batches, each is a batch of its own, ``north`` the first."""
    with FakeHub("1.x") as north, FakeHub("0.18") as south, FakeHub("1.x") as west:
        yield Fleet(directory, {"north": north, "south": south, "west": west})


def batches(output: str) -> int:
    return output.count("PLAY [Roll out to a batch]")


def test_hubs_are_updated_one_batch_after_another_and_all_go_back_if_one_fails(
    tmp_path: pathlib.Path, new: dict[str, Any]
) -> None:
    with three_hubs(tmp_path) as fleet:
        fleet.deploy(**OLD)
        before, written = everywhere(fleet), fleet.writes()
        fleet.hubs["south"].fault(Fault("status", "POST", "/start", times=99, status=500))
        said = stopped(fleet, **new)
        assert "south: " in said
        assert "Brought back to what ran before: north, south." in said
        assert batches(said) == 2
        assert everywhere(fleet) == before
        assert written < fleet.writes()
        written = len(fleet.hubs["west"].writes)

        fleet.hubs["south"].faults.clear()
        planned = rollout(fleet, "--check", "--diff", **new)
        assert batches(planned) == 3
        assert planned.count("changed=1") == 3
        assert everywhere(fleet) == before
        assert len(fleet.hubs["west"].writes) == written
        assert batches(rollout(fleet, **new)) == 3
        assert set(map(str, versions(fleet).values())) == {"{'2.0.0'}"}
        written = fleet.writes()
        for options in (("--check", "--diff"), ()):
            assert "changed=1" not in rollout(fleet, *options, **new)
        assert fleet.writes() == written


def end_while_held(hub: FakeHub) -> None:
    """End the new programs of a hub when its batch is held: after the last write, the next task asks for the version of the hub."""

    def is_held() -> bool:
        asked = list(hub.requests)
        since = max((at for at, item in enumerate(asked) if item.method != "GET"), default=0)
        is_new = {row[1] for row in running(hub)} == {"2.0.0"}
        return is_new and any(item.path.endswith("/version") for item in asked[since:])

    def end() -> None:
        for instance in list(hub.state.instances.values()):
            throw(hub, instance.id)

    when(is_held, end)


@everything
@pytest.mark.parametrize("on_failure", ["rollback_fleet", "stop"])
@pytest.mark.parametrize("own", ["on_failure", "soak"])
def test_a_canary_that_fails_stops_the_rollout(
    on_failure: str, own: str, tmp_path: pathlib.Path, new: dict[str, Any]
) -> None:
    with three_hubs(tmp_path) as fleet:
        fleet.deploy(**OLD)
        before = everywhere(fleet)
        options = ["-e", f"sth_rollout_on_failure={on_failure}"]
        if own == "on_failure":
            fleet.hubs["north"].fault(Fault("status", "POST", "/start", times=1, skip=1, status=500))
            said = stopped(fleet, *options, **{**new, "on_failure": "leave"})
        else:
            end_while_held(fleet.hubs["north"])
            said = stopped(fleet, *options, soak=int(10 * pace()), **new)
            assert "replicas are still ready" in said
        assert batches(said) == 1
        if on_failure == "rollback_fleet":
            assert everywhere(fleet) == before
            assert "Brought back to what ran before: north." in said
        else:
            assert "north stay as they are" in said
            assert "2.0.0" in versions(fleet)["north"] or own == "soak"
            assert {name: versions(fleet)[name] for name in ("south", "west")} == {
                "south": {"1.0.0"},
                "west": {"1.0.0"},
            }


@everything
def test_a_changed_configuration_and_a_new_deployment_are_rolled_back_too(tmp_path: pathlib.Path) -> None:
    with three_hubs(tmp_path) as fleet:
        plain: dict[str, Any] = {"replicas": 2, "overrides": [{"app_config": {"own": 0}, "args": ["first"]}]}
        old = {**plain, "app_config": OLD["app_config"], "args": ["old"]}
        Fleet(tmp_path, {name: fleet.hubs[name] for name in ("south", "west")}).deploy(**old)
        fleet = Fleet(tmp_path, fleet.hubs)
        before = everywhere(fleet)
        fleet.hubs["west"].fault(Fault("status", "POST", "/start", times=99, status=500))
        said = stopped(fleet, **{**plain, "overrides": [], "app_config": {"behaviour": "run", "x": 1}, "args": []})
        assert "Brought back to what ran before: north, south, west." in said
        assert everywhere(fleet) == before
        assert before["north"] == []
        assert fleet.hubs["north"].sequences == []


class Page(http.server.BaseHTTPRequestHandler):
    """Answers with the status of its server."""

    status = 200

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    Page.status = 200


@everything
def test_each_batch_is_checked_by_a_url_an_event_and_a_job(
    page: str, tmp_path: pathlib.Path, new: dict[str, Any]
) -> None:
    with three_hubs(tmp_path) as fleet:
        fleet.deploy(**OLD)
        before = everywhere(fleet)
        event = {"instance": "web", "send": "ping", "expect": "pong", "wait_timeout": 5}
        checks = {"sth_rollout_check_url": page, "sth_rollout_check_event": event, "run_job_src": PROBE}
        checks["run_job_app_config"] = {"behaviour": "complete"}
        assert batches(rollout(fleet, "-e", json.dumps(checks), **new)) == 3
        assert set(map(str, versions(fleet).values())) == {"{'2.0.0'}"}
        written = fleet.writes()
        rollout(fleet, "-e", json.dumps(checks), **new)
        # Nothing changes, so nothing is checked.
        assert fleet.writes() == written
        new_ones = everywhere(fleet)
        Page.status = 503
        old = {**OLD, "total_replicas": 6}
        said = stopped(fleet, "-e", json.dumps(checks), **old)
        assert "The check of the URL has failed" in said
        assert everywhere(fleet) == new_ones
        Page.status = 200
        deaf = {**checks, "sth_rollout_check_event": {**event, "send": "nothing", "wait_timeout": 1}}
        assert "The check by an event has failed" in stopped(fleet, "-e", json.dumps(deaf), **old)
        assert everywhere(fleet) == new_ones
        broken = {**checks, "run_job_app_config": {"behaviour": "exit", "code": 3}}
        assert "The job has failed" in stopped(fleet, "-e", json.dumps(broken), **old)
        assert everywhere(fleet) == new_ones != before


@everything
def test_a_hub_that_cannot_be_reached(tmp_path: pathlib.Path, new: dict[str, Any]) -> None:
    with three_hubs(tmp_path) as fleet:
        fleet.deploy(**OLD)
        fleet.hubs["north"].leave()
        written = fleet.writes()
        assert "no answer from north, so nothing was changed" in stopped(fleet, **new)
        assert fleet.writes() == written
        # Then south is the first batch.
        given = {**new, "on_unreachable": "reassign"}
        output = rollout(fleet, warned=True, **given)
        assert batches(output) == 2
        assert {name: [row[:2] for row in rows] for name, rows in everywhere(fleet).items()} == {
            "north": [(0, "1.0.0"), (1, "1.0.0")],
            "south": [(0, "2.0.0"), (2, "2.0.0"), (3, "2.0.0")],
            "west": [(1, "2.0.0"), (4, "2.0.0"), (5, "2.0.0")],
        }
        fleet.hubs["north"].revive()
        rollout(fleet, **given)
        assert [len(rows) for rows in everywhere(fleet).values()] == [2, 2, 2]
        assert set(map(str, versions(fleet).values())) == {"{'2.0.0'}"}


@everything
def test_a_hub_that_is_lost_during_the_rollout_is_reported_and_the_others_are_rolled_back(
    tmp_path: pathlib.Path, new: dict[str, Any]
) -> None:
    with three_hubs(tmp_path) as fleet:
        fleet.deploy(**OLD)
        before = everywhere(fleet)
        fleet.hubs["south"].fault(Fault("die", "POST", "/start"))
        said = stopped(fleet, **new)
        assert "Brought back to what ran before: north." in said
        assert "Not brought back: south" in said
        assert everywhere(fleet)["north"] == before["north"]
        fleet.hubs["south"].revive()
        rollout(fleet, **new)
        assert set(map(str, versions(fleet).values())) == {"{'2.0.0'}"}


class Watched(FakeHub):
    """Calls a function after each write, before the client gets the answer."""

    told: Callable[[], None] = staticmethod(lambda: None)

    def answer(self, call: Call) -> Answer:
        """Answer one call, and call the function after a write."""
        answer = super().answer(call)
        if call.method != "GET":
            self.told()
        return answer


@everything
@pytest.mark.parametrize("book", ["scramjet.sth.deploy", ROLLOUT])
def test_a_run_that_was_killed_after_any_write_goes_on(book: str, tmp_path: pathlib.Path, new: dict[str, Any]) -> None:
    small = {**new, "total_replicas": 2}
    for number in range(1, 20):
        hubs = [Watched("1.x"), Watched("0.18")]
        with hubs[0] as north, hubs[1] as south:
            fleet = Fleet(tmp_path, {"north": north, "south": south})
            fleet.deploy(**{**OLD, "total_replicas": 2})
            killed = killed_after(number, fleet, hubs, small, book)
            fleet.deploy("-e", "sth_rollout_soak_time=0", book=book, **small)
            shown = [[row[:2] for row in rows] for rows in everywhere(fleet).values()]
            assert shown == [[(0, "2.0.0")], [(1, "2.0.0")]]
            if not killed:
                break
    # An upload, a start and a stop on each hub.
    assert number > 6
    assert not killed


def children(pid: int) -> list[int]:
    return [int(text) for text in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def playing(fleet: Fleet, element: Mapping[str, Any], book: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the playbook with one deployment."""
    variables = {"sth_hosts": "hubs", "deployment_list": [{**WEB, **element}], "sth_rollout_soak_time": 0}
    command = [
        str(pathlib.Path(sys.executable).parent / "ansible-playbook"),
        "-i", str(fleet.inventory), "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}",
        "-e", json.dumps(variables), book,
    ]  # fmt: skip
    with (
        ending_processes(os.environ) as environment,
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            yield process
        finally:
            # The end of the context waits for it without a time limit.
            process.kill()


def kill_playing(process: subprocess.Popen[bytes]) -> None:
    """Kill the playbook and its workers, which are in sessions of their own."""
    for pid in [process.pid, *children(process.pid)]:
        os.kill(pid, signal.SIGKILL)


def killed_after(number: int, fleet: Fleet, hubs: list[Watched], element: Mapping[str, Any], book: str) -> bool:
    """Run the playbook, and kill it with all its workers after ``number`` writes. Return whether there were so many."""
    left, killed = [number], threading.Event()
    with playing(fleet, element, book) as process:

        def count() -> None:
            left[0] -= 1
            if left[0] == 0:
                killed.set()
                kill_playing(process)

        for hub in hubs:
            hub.told = count
        process.wait(bound(60))
    for hub in hubs:
        hub.told = lambda: None
    return killed.is_set()


@everything
def test_hubs_of_an_interrupted_rollout_go_back_to_the_version_that_the_others_have(
    tmp_path: pathlib.Path, new: dict[str, Any]
) -> None:
    with three_hubs(tmp_path) as fleet:
        fleet.deploy(**OLD)
        # As after a run that was interrupted after its first batch.
        fleet.hubs["south"].fault(Fault("status", "POST", "/start", times=99, status=500))
        stopped(fleet, "-e", "sth_rollout_on_failure=stop", **new)
        assert versions(fleet) == {"north": {"2.0.0"}, "south": {"1.0.0"}, "west": {"1.0.0"}}
        said = stopped(fleet, **new)
        assert "Brought back to what ran before: north, south." in said
        assert set(map(str, versions(fleet).values())) == {"{'1.0.0'}"}


@everything
def test_the_variables_of_the_playbook_are_checked_before_anything_is_written(tmp_path: pathlib.Path) -> None:
    with FakeHub("1.x") as north:
        fleet = Fleet(tmp_path, {"north": north})
        for variable, value, says in (
            ("sth_rollout_batch", "1", "sth_rollout_batch (sth_rollout_batches?)"),
            ("sth_rollout_batches", "some", "sth_rollout_batches must be a list"),
            ("sth_rollout_batches", "0", "sth_rollout_batches must be a list"),
            ("sth_rollout_soak_time", "long", "must be a whole number of seconds"),
            ("sth_rollout_on_failure", "rollback", "must be rollback_fleet or stop"),
            ("sth_rollout_check_event", "{sent: ping}", "must be a mapping with instance and expect"),
            ("run_job_src", "''", ""),
            ("run_job_sequence", "probe run_job_src=probe", "exactly one of run_job_src and run_job_sequence"),
        ):
            if says:
                assert says in stopped(fleet, "-e", f"{variable}={value}", total_replicas=1)
        assert "keep_versions is 0" in stopped(fleet, total_replicas=1, keep_versions=0)
        assert "digest" in stopped(fleet, total_replicas=1, digest="sha256:0000000")
        assert fleet.writes() == 0
        survey = (
            "sth_rollout_batches='1, 50%' sth_rollout_soak_time='' sth_rollout_on_failure='' sth_rollout_check_event=''"
        )
        rollout(fleet, "-e", survey, "-e", "sth_rollout_soak_time=0", total_replicas=1)
        assert len(running(north)) == 1


@everything
def test_a_rollout_over_real_hubs_goes_back_and_then_on(tmp_path: pathlib.Path, new: dict[str, Any]) -> None:
    with ExitStack() as stack:
        urls = {}
        for name in ("north", "south"):
            (tmp_path / name).mkdir()
            urls[name] = stack.enter_context(role_hub(tmp_path / name))[0]
        urls["east"] = stack.enter_context(FakeHub("1.x")).api_url
        fleet = Fleet(tmp_path, {}, urls)
        old, given = ({**options, "stable_for": 1, "min_ready": 5} for options in (OLD, new))

        def drift(**element: Any) -> list[tuple[Any, ...]]:
            rows = fleet.status(**element)
            return [(row["hub"], row["version"], row["ready"], row["drift"]) for row in rows]

        try:
            fleet.deploy(**old)
            whole = [(name, "1.0.0", 2, False) for name in urls]
            assert drift(**old) == whole
            event = {"instance": "web", "send": "ping", "expect": "pong", "wait_timeout": 5}
            check = ("-e", json.dumps({"sth_rollout_check_event": {**event, "send": "nothing"}}))
            assert "Brought back to what ran before: north." in stopped(fleet, *check, **given)
            assert drift(**old) == whole
            check = ("-e", json.dumps({"sth_rollout_check_event": event}))
            assert batches(rollout(fleet, *check, soak=2, **given)) == 3
            assert drift(**given) == [(name, "2.0.0", 2, False) for name in urls]
            assert "changed=1" not in rollout(fleet, *check, **given)
        finally:
            run_playbook(
                "scramjet.sth.cleanup",
                {"sth_hosts": "hubs", "sth_cleanup": ["web", "probe"]},
                "-i",
                str(fleet.inventory),
            )
