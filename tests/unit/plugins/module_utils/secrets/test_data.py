# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of programs: what is masked in it, that the result says so, and that it can be turned off."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import run_task

SAID = json.dumps({"test_servers": ["prod-1"], "key": "s3cretkey"})
SHOWN = SAID.replace("s3cretkey", "********")
CONFIG: dict[str, Any] = {
    "behaviour": "complete",
    "stdout": SAID,
    "stderr": "hello pr",
    "apiKey": "s3cretkey",
    "password": "test",
    "token": "prod",
}


pytestmark = pytest.mark.usefixtures("deployed")


def run(hub: FakeHub, **options: Any) -> dict[str, Any]:
    return run_task("sth_instance", hub, **{"name": "job", "sequence": "probe", "stop_timeout": 0, **options})


@pytest.mark.slow
def test_only_certain_secrets_are_masked_in_collected_data_and_masked_is_true(hub: FakeHub) -> None:
    collected = run(hub, state="completed", app_config=CONFIG, log_source="all")["collected"]
    assert (collected["stdout"]["content"].strip(), collected["stdout"]["masked"]) == (SHOWN, True)
    assert (collected["stderr"]["content"].strip(), collected["stderr"]["masked"]) == ("hello pr", False)
    assert (collected["output"]["truncated"], collected["output"]["masked"]) == (False, False)
    # The runner writes the configuration into it.
    for secret in ("s3cretkey", '"test"', '"prod"'):
        assert secret not in collected["log"]["content"]
    assert collected["log"]["masked"]


@pytest.mark.slow
def test_mask_output_false_leaves_collected_data_unmasked(hub: FakeHub) -> None:
    collected = run(hub, state="completed", app_config=CONFIG, log_source="all", mask_output=False)["collected"]
    assert (collected["stdout"]["content"].strip(), collected["stdout"]["masked"]) == (SAID, False)
    assert collected["log"]["masked"]
    assert "s3cretkey" not in collected["log"]["content"]


@pytest.mark.slow
def test_the_output_of_a_failed_run_is_masked_like_that_of_a_completed_one(hub: FakeHub) -> None:
    config = {**CONFIG, "behaviour": "throw_later", "message": "no test for s3cretkey"}
    failed = run(hub, state="completed", app_config=config)
    assert failed["collected"]["stdout"]["content"].strip() == SHOWN
    assert failed["collected"]["stdout"]["masked"]
    declined = run(hub, state="completed", app_config=config, mask_output=False)
    assert declined["collected"]["stdout"]["content"].strip() == SAID
    for result in (failed, declined):
        rest = json.dumps({key: value for key, value in result.items() if key != "collected"})
        assert "s3cretkey" not in rest
        assert "no test" not in rest


@pytest.mark.slow
def test_a_file_gets_the_bytes_as_they_are(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    config = {**CONFIG, "result": "s3cretkey"}
    collected = run(hub, state="completed", app_config=config, output_dest=str(tmp_path / "output"))["collected"]
    assert "s3cretkey" in (tmp_path / "output").read_text()
    assert not collected["output"]["masked"]
    assert run(hub, app_config={**CONFIG, "behaviour": "run"}, stable_for=0)["changed"]
    read = run_task("sth_stream", hub, instance="job", stream="stdout", dest=str(tmp_path / "stdout"), max_lines=1)
    assert (tmp_path / "stdout").read_text().strip() == SAID
    assert not read["masked"]


@pytest.mark.parametrize(("options", "shown"), [({}, SHOWN), ({"mask_output": False}, SAID)])
def test_a_stream_that_is_read_is_masked(hub: FakeHub, options: dict[str, Any], shown: str) -> None:
    assert run(hub, app_config={**CONFIG, "behaviour": "run"}, stable_for=0)["changed"]
    read = run_task(
        "sth_stream", hub, instance="job", stream="stdout", search_regex="key", wait_timeout=bound(10), **options
    )
    assert (read["content"].strip(), read["matched"], read["masked"]) == (shown, shown, shown == SHOWN)
    other = run_task("sth_stream", hub, instance="job", stream="stderr", max_bytes=8, wait_timeout=bound(10), **options)
    assert (other["content"], other["masked"]) == ("hello pr", False)
    log = run_task("sth_stream", hub, instance="job", stream="log", wait_timeout=0.5, **options)
    assert "s3cretkey" not in log["content"]


def test_a_stream_that_is_read_only_in_check_mode_has_nothing_masked(hub: FakeHub) -> None:
    assert run(hub, app_config={**CONFIG, "behaviour": "run"}, stable_for=0)["changed"]
    assert run_task("sth_stream", hub, check=True, instance="job", stream="stdout")["masked"] is False


PAYLOAD = '{"apiKey": "mine", "of": "test"} s3cretkey'


@pytest.mark.parametrize(
    ("options", "shown"), [({}, PAYLOAD.replace("s3cretkey", "********")), ({"mask_output": False}, PAYLOAD)]
)
def test_a_received_event_is_masked(hub: FakeHub, options: dict[str, Any], shown: str) -> None:
    assert run(hub, app_config={**CONFIG, "behaviour": "run"}, stable_for=0)["changed"]
    asked: dict[str, Any] = {
        "instance": "job",
        "send": "ping",
        "payload": PAYLOAD,
        "expect": "pong",
        "wait_timeout": 20.0,
    }
    event = run_task("sth_event", hub, **asked, **options)["event"]
    assert (event["payload"], event["masked"]) == (shown, shown != PAYLOAD)
    assert run_task("sth_event", hub, instance="job", send="ping", payload="x")["events"][0]["masked"] is False


@pytest.mark.slow
def test_the_completion_event_is_masked(hub: FakeHub) -> None:
    payload = {"token": "theirs", "tested": "test", "said": "s3cretkey"}
    config = {**CONFIG, "behaviour": "run", "events": [{"name": "done", "payload": payload, "after": 0.1}]}
    options = {"state": "completed", "app_config": config, "completion_event": "done"}
    masked = run(hub, **options)
    assert (masked["event"], masked["event_masked"]) == (
        {"token": "********", "tested": "test", "said": "********"},
        True,
    )
    as_it_is = run(hub, **options, mask_output=False)
    assert (as_it_is["event"], as_it_is["event_masked"]) == (payload, False)


def test_the_payload_of_a_failure_event_is_masked_even_with_mask_output_false(hub: FakeHub) -> None:
    config = {**CONFIG, "behaviour": "run", "events": [{"name": "no", "payload": "test s3cretkey", "after": 0.1}]}
    result = run(hub, state="completed", app_config=config, failure_event="no", mask_output=False)
    assert result["event"] == "******** ********"
    assert "s3cretkey" not in result["msg"]
