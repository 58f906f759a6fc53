# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No part of a secret is left in a result, even if texts were shortened and streams were cut."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.logs import SHOWN_END, last_words
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task

TOKEN = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=908))
PIECES = {TOKEN[start : start + 6] for start in range(len(TOKEN) - 5)}


pytestmark = pytest.mark.usefixtures("deployed")


def shown(result: Any) -> set[str]:
    """Return the pieces of the token that a result shows, in base64 too."""
    # In app_config, the names of keys decide which values are masked.
    text = json.dumps({key: value for key, value in result.items() if key not in ("instance", "instances", "diff")})
    for stream in (result.get("collected") or {}).values():
        if stream["encoding"] == "base64":
            text += base64.b64decode(stream["content"]).decode("latin-1")
    return {piece for piece in PIECES if piece in text}


def run(hub: FakeHub, **options: Any) -> dict[str, Any]:
    return run_task("sth_instance", hub, name="job", sequence="probe", stop_timeout=0, **options)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1048576, 900, 400, 7])
def test_a_long_secret_is_nowhere_in_a_run_that_failed(hub: FakeHub, limit: int) -> None:
    said = f"bad token {TOKEN}"
    config = {"behaviour": "throw_later", "message": said, "stdout": said, "stderr": said * 9, "apiToken": TOKEN}
    result = run(hub, state="completed", app_config=config, collect_max_bytes=limit)
    assert result["error_code"] == "ENDED_EARLY"
    assert not shown(result)
    if hub.state.is_1x and limit > 2000:
        assert "it said 'Error: bad token ********'" in result["msg"]
        assert "bad token ********" in result["logs"]["stderr"]


@pytest.mark.slow
def test_a_run_that_completed_shows_no_piece_of_a_secret_where_its_streams_are_cut(hub: FakeHub) -> None:
    config = {"behaviour": "complete", "stdout": f"token {TOKEN}", "apiToken": TOKEN}
    result = run(hub, state="completed", app_config=config, collect_max_bytes=400)
    assert result["collected"]["stdout"]["content"] == "token ********"
    assert result["collected"]["stdout"]["truncated"]
    assert not shown(result)


def test_a_start_that_failed_shows_no_piece_of_a_secret(hub: FakeHub) -> None:
    config = {"behaviour": "throw_at_start", "message": f"bad token {TOKEN}", "apiToken": TOKEN}
    result = run(hub, app_config=config, stable_for=1.0)
    assert result["failed"]
    assert not shown(result)


def test_error_texts_of_a_hub_are_shown_without_secrets(hub: FakeHub) -> None:
    hub.fault(
        Fault("status", method="POST", path="/start", status=400, body=b"x" * 300 + f"cannot take {TOKEN}".encode())
    )
    result = run(hub, app_config={"apiToken": TOKEN})
    assert "cannot take" in result["msg"]
    assert not shown(result)


def test_no_error_contains_a_part_of_the_token(hub: FakeHub) -> None:
    hub.fault(Fault("status", path="/version", status=401, body=f"not signed in with Bearer {TOKEN}".encode()))
    result = run(hub, token=TOKEN)
    assert "not signed in with Bearer ********" in result["msg"]
    assert not shown(result)


def test_a_stream_that_is_read_up_to_a_bound_shows_no_piece_of_a_secret(hub: FakeHub) -> None:
    config = {"behaviour": "run", "stdout": f"token {TOKEN}", "stderr": TOKEN, "apiToken": TOKEN}
    assert run(hub, app_config=config, stable_for=0)["changed"]
    read: dict[str, Any] = {"instance": "job", "max_bytes": 300, "wait_timeout": 2.0}
    assert run_task("sth_stream", hub, stream="stdout", **read)["content"] == "token ********"
    encoded = run_task("sth_stream", hub, stream="stderr", encoding="base64", **read)
    assert base64.b64decode(encoded["content"]) == b"********"


@pytest.mark.parametrize(
    ("module", "how"),
    [
        ("sth_instance", {"sequence": "probe"}),
        ("sth_instance", {"sequence": "probe", "state": "completed"}),
        ("sth_deployment", {"src": str(PACKAGES / "probe"), "on_failure": "stop"}),
    ],
)
def test_the_payload_of_a_failure_event_is_masked(hub: FakeHub, module: str, how: dict[str, Any]) -> None:
    payload = {"apiToken": TOKEN, "pin": 7, "said": "the key is s3cretkey", "why": "no"}
    config = {"apiKey": "s3cretkey", "events": [{"name": "failed", "payload": payload, "after": 0.1}]}
    options = {"app_config": config, "failure_event": "failed", "secret_keys": ["pin"], "stop_timeout": 0, **how}
    result = run_task(module, hub, name="job", **options)
    assert result["failed"]
    assert result["event"] == {"apiToken": "********", "pin": "********", "said": "the key is ********", "why": "no"}
    assert str(result["event"]) in result["msg"]
    assert not shown(result)


def test_an_event_that_comes_shows_no_secret_of_the_program(hub: FakeHub) -> None:
    assert run(hub, app_config={"apiKey": "s3cretkey"}, stable_for=0)["changed"]
    said = "the key is s3cretkey"
    result = run_task("sth_event", hub, instance="job", send="ping", payload=said, expect="pong", wait_timeout=bound(5))
    assert result["event"]["payload"] == "the key is ********"


def test_logs_are_masked_before_they_are_cut() -> None:
    line = json.dumps({"level": "ERROR", "msg": "", "data": [f"Error: {TOKEN}\nat x"]})
    port = json.dumps({"level": "ERROR", "msg": "", "data": ["Error: no port"], "port": 123456})
    words = last_words(
        {"stderr": f"{TOKEN} {TOKEN[:400]}{'y' * (SHOWN_END - 200)}", "log": f"{port}\n{line}"}, {TOKEN, "123456"}
    )
    assert words.error == "Error: no port"
    assert "123456" not in words.ends["log"]
    assert TOKEN[100:110] not in words.ends["log"]
