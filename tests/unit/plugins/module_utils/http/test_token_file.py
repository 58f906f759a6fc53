# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token in a file that is replaced while a task runs."""

from __future__ import annotations

import pathlib
from dataclasses import replace
from typing import Any, Callable

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.http import token_file
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task, when
from ansible_collections.scramjet.sth.tests.unit.scripted_server import (
    VERSION_1,
    Exchange,
    ScriptedServer,
    answer,
    client,
    failure,
)


def signed(exchange: Exchange, token: str) -> Exchange:
    return replace(exchange, headers={"authorization": f"Bearer {token}"})


def test_each_request_has_the_current_token_of_the_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("first\n")
    listed = Exchange("GET", "/sequences", answer("200 OK", "[]"))
    gone = Exchange("DELETE", "/sequence/a", answer("200 OK", "{}"))
    script = [signed(VERSION_1, "first"), signed(listed, "second"), signed(gone, "second"), signed(listed, "second")]
    with ScriptedServer(*script) as server:
        hub = client(server, token_file=str(path), headers={"authorization": "own"})
        hub.version()
        path.write_text("second")
        hub.sequences()
        # It is just replaced.
        path.write_text("")
        hub.delete_sequence("a")
        path.unlink()
        hub.sequences()


def refused(method: str, path: str, token: str, renew: Callable[[], object]) -> Exchange:
    """The request that is refused because its token was replaced while it was under way."""
    headers = {"authorization": f"Bearer {token}"}
    return Exchange(method, path, answer("401 Unauthorized", "{}"), headers=headers, meanwhile=renew)


def test_a_request_whose_token_is_replaced_while_it_is_under_way_is_sent_again(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    uploaded = tmp_path / "package"
    uploaded.write_bytes(b"a package")

    def renewed(token: str) -> Callable[[], object]:
        return lambda: path.write_text(token)

    stored = answer("202 Accepted", '{"id": "a"}')
    script = [
        signed(VERSION_1, "first"),
        refused("GET", "/sequences", "first", renewed("second")),
        signed(Exchange("GET", "/sequences", answer("200 OK", "[]")), "second"),
        refused("POST", "/sequence", "second", renewed("third")),
        signed(Exchange("POST", "/sequence", stored, body=b"a package"), "third"),
    ]
    with ScriptedServer(*script) as server, uploaded.open("rb") as content:
        hub = client(server, token_file=str(path))
        hub.version()
        assert hub.sequences() == []
        assert hub.send_sequence(content).id == "a"


def program(path: pathlib.Path, *lines: str) -> pathlib.Path:
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o700)
    return path


def test_a_program_prints_the_token_and_is_run_again_only_after_a_refusal(tmp_path: pathlib.Path) -> None:
    path = program(tmp_path / "print-token", f"echo run >> {tmp_path}/runs", f"cat {tmp_path}/token")
    (tmp_path / "token").write_text("first\n")
    listed = Exchange("GET", "/sequences", answer("200 OK", "[]"))
    script = [
        signed(VERSION_1, "first"),
        signed(listed, "first"),
        refused("GET", "/sequences", "first", lambda: (tmp_path / "token").write_text("second\n")),
        signed(listed, "second"),
        signed(listed, "second"),
    ]
    with ScriptedServer(*script) as server:
        hub = client(server, token_file=str(path))
        for _dummy in range(3):
            assert hub.sequences() == []
    assert (tmp_path / "runs").read_text() == "run\n" * 2


def test_a_program_that_prints_a_refused_token_again_is_not_run_at_each_refusal(tmp_path: pathlib.Path) -> None:
    path = program(tmp_path / "print-token", f"echo run >> {tmp_path}/runs", "echo first")
    again = refused("GET", "/sequences", "first", lambda: None)
    with ScriptedServer(VERSION_1, again, again, again) as server:
        hub = client(server, token_file=str(path))
        hub.version()
        for _dummy in range(3):
            assert failure(hub.sequences).code == "UNAUTHORIZED"
    assert (tmp_path / "runs").read_text() == "run\n" * 2


def test_a_program_that_fails_after_a_refusal_leaves_the_refusal(tmp_path: pathlib.Path) -> None:
    path = program(tmp_path / "print-token", f"mkdir {tmp_path}/ran && echo first")
    with ScriptedServer(VERSION_1, refused("GET", "/sequences", "first", lambda: None)) as server:
        hub = client(server, token_file=str(path))
        hub.version()
        assert failure(hub.sequences).code == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("echo canary; echo canary >&2; exit 3", "LOCAL_ERROR", "is a program, and it ended with exit code 3: run it on the machine"),
        ("echo two words", "INVALID_OPTION", "or let the program print nothing else"),
        ("true", "INVALID_OPTION", "does not hold one token"),
    ],
)  # fmt: skip
def test_a_program_that_prints_no_token_is_refused_before_anything_is_sent(
    hub: FakeHub, tmp_path: pathlib.Path, line: str, code: str, said: str
) -> None:
    path = program(tmp_path / "print-token", line)
    result = run_task("sth_hub_info", hub, token_file=str(path))
    assert result["error_code"] == code
    assert said in result["msg"]
    assert "canary" not in str(result)
    assert hub.requests == []


def test_a_program_that_does_not_end_is_ended(
    hub: FakeHub, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_file, "LONGEST_RUN", 0.1)
    result = run_task("sth_hub_info", hub, token_file=str(program(tmp_path / "print-token", "exec sleep 1000")))
    assert (result["error_code"], "took longer than" in result["msg"]) == ("LOCAL_ERROR", True)


def test_an_executable_file_that_is_no_program_is_a_file_without_a_token(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("two words\n")
    path.chmod(0o777)
    result = run_task("sth_hub_info", hub, token_file=str(path))
    assert (result["error_code"], "does not hold one token" in result["msg"]) == ("INVALID_OPTION", True)


def test_an_executable_file_with_a_token_is_not_run(tmp_path: pathlib.Path) -> None:
    """Some file systems make every file executable."""
    path = tmp_path / "token"
    path.write_text("first\n")
    path.chmod(0o777)
    with ScriptedServer(signed(VERSION_1, "first")) as server:
        client(server, token_file=str(path)).version()


def test_a_request_that_is_refused_with_the_token_in_the_file_is_not_sent_again(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    with ScriptedServer(VERSION_1, refused("GET", "/sequences", "first", lambda: None)) as server:
        hub = client(server, token_file=str(path))
        hub.version()
        assert failure(hub.sequences).code == "UNAUTHORIZED"


def test_tokens_that_are_replaced_as_quickly_as_they_are_refused_do_not_keep_a_task(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("0")

    def again(number: int) -> Exchange:
        return refused("GET", "/sequences", str(number), lambda: path.write_text(str(number + 1)))

    # The first, and twice again.
    with ScriptedServer(VERSION_1, again(0), again(1), again(2)) as server:
        hub = client(server, token_file=str(path))
        hub.version()
        assert failure(hub.sequences).code == "UNAUTHORIZED"


def test_a_file_that_is_emptied_before_the_first_request_has_the_token_that_was_checked(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    with ScriptedServer(signed(VERSION_1, "first")) as server:
        hub = client(server, token_file=str(path))
        path.write_text("")
        hub.version()


def test_no_failure_shows_the_token(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("hunter2-first")
    refused = Exchange("GET", "/sequences", answer("400 x", "hunter2-second and hunter2-first are expired"))
    with ScriptedServer(VERSION_1, refused) as server:
        hub = client(server, token_file=str(path))
        hub.version()
        path.write_text("hunter2-second")
        error = failure(hub.sequences)
    assert "expired" in error.message
    assert "hunter2" not in error.message


def test_a_long_run_survives_the_replacement_of_its_token(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("first")
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"), token_file=str(path))["changed"]

    def replace_it() -> None:
        path.write_text("second")
        when(lambda: any(item.headers["authorization"] == "Bearer second" for item in hub.requests), finish)

    def finish() -> None:
        # The first token has expired.
        hub.token = "second"
        with hub.state.lock:
            next(iter(hub.state.instances.values())).complete(b"result\n")

    when(lambda: any(item.path.endswith("/output") for item in hub.requests), replace_it)
    options: dict[str, Any] = {
        "name": "job",
        "sequence": "probe",
        "state": "completed",
        "run_timeout": bound(20),
        "token_file": str(path),
    }
    result = run_task("sth_instance", hub, **options)
    assert not result.get("failed"), result
    assert result["instance"]["outcome"] == "completed"


def test_an_expired_token_is_reported(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    path.write_text("hunter2-first")
    hub.fault(
        Fault("status", "POST", "/sequence", status=401, reason="Unauthorized", body=b"hunter2-first has expired")
    )
    result = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"), token_file=str(path))
    assert (result["error_code"], result["changed"]) == ("UNAUTHORIZED", False)
    assert "token_file" in result["msg"]
    assert "hunter2" not in str(result)
