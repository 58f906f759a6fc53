# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topics, if the hub does not answer their creation or removal."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.running import run_task


def topic(hub: FakeHub, state: str) -> dict[str, Any]:
    return run_task("sth_topic", hub, name="orders", content_type="text/plain", state=state, request_retries=0)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("present", ("The creation of topic orders was sent to", "not known whether it is there")),
        ("absent", ("The removal of topic orders was sent to", "not known whether it is gone")),
    ],
)
def test_a_write_that_ends_the_hub_is_reported_and_counts_as_a_change(
    hub: FakeHub, state: str, told: tuple[str, str]
) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub has no topics to manage")
    if state == "absent":
        assert topic(hub, "present")["changed"]
    hub.fault(Fault("cut", path="/topics", writes_only=True))
    result = topic(hub, state)
    assert (result["error_code"], result["changed"]) == ("UNREACHABLE", True)
    assert [item["done"] for item in result["actions"]] == [True]
    assert all(text in result["msg"] for text in told), result["msg"]
    assert "GET" not in result["msg"]
    hub.revive()
    assert not topic(hub, state)["changed"]


@pytest.mark.parametrize(("kind", "times", "failed"), [("lost", 1, False), ("reset", 1, False), ("reset", 2, True)])
def test_a_lost_answer_is_looked_up_before_it_is_repeated_once(
    hub: FakeHub, kind: Literal["lost", "reset"], times: int, failed: bool
) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub has no topics to manage")
    hub.fault(Fault(kind, "POST", "/topics", times=times))
    result = topic(hub, "present")
    assert result.get("failed", False) == failed
    assert result["changed"] != failed


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_answer_that_no_hub_gives_fails_the_task(hub: FakeHub, state: str) -> None:
    if not hub.state.is_1x:
        pytest.skip("a 0.18 hub has no topics to manage")
    if state == "absent":
        assert topic(hub, "present")["changed"]
    hub.fault(Fault("status", path="/topics", status=200, body=b'"hello"', writes_only=True))
    result = topic(hub, state)
    assert (result["error_code"], result["changed"]) == ("HUB_ERROR", False)
    assert "check that api_url" in result["msg"]
    assert topic(hub, state)["changed"]


@pytest.mark.slow
@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
@pytest.mark.usefixtures("deployed")
def test_a_removed_topic_that_comes_back_gives_a_warning_and_is_repaired(hub: FakeHub) -> None:
    assert topic(hub, "present")["changed"]
    reader: dict[str, Any] = {"name": "reader", "sequence": "probe", "input_topic": "orders"}
    assert not run_task("sth_instance", hub, **reader).get("failed")
    removed = topic(hub, "absent")
    assert any("still listed" in text and "reader" in text for text in removed["warnings"]), removed
    assert run_task("sth_instance", hub, name="reader", state="stopped", stop_timeout=0)["changed"]
    found = run_task("sth_topic_info", hub, name="orders")
    assert found["topics"] == [{"name": "orders", "content_type": ""}]
    repaired = topic(hub, "present")
    assert [item["reason"] for item in repaired["actions"]] == ["the hub has it without a content type"]
    assert run_task("sth_topic_info", hub, name="orders")["topics"][0]["content_type"] == "text/plain"
    again = topic(hub, "absent")
    assert not again.get("warnings"), again["warnings"]
