# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes about topics before a start, and hints after a start that has ended the hub."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, four_times, run_task


def start_with_topic(hub: FakeHub, tmp_path: pathlib.Path, **options: Any) -> dict[str, Any]:
    """Start a program whose code names the topic orders as text, where it may carry something else."""
    (tmp_path / "package.json").write_text('{"name": "probe-seq", "version": "1.0.0", "main": "index.js"}')
    (tmp_path / "index.js").write_text("module.exports = () => null;")
    assert not run_task("sth_sequence", hub, src=str(tmp_path)).get("failed")
    named = {"name": "web", "sequence": "probe-seq", "app_config": {"topic": "orders"}}
    return run_task("sth_instance", hub, stable_for=0.1, **{**named, "request_retries": 0, **options})


@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_the_failure_names_a_topic_with_another_content_type_as_the_likely_cause(
    hub: FakeHub, tmp_path: pathlib.Path
) -> None:
    run_task("sth_topic", hub, name="orders")
    predicted = start_with_topic(hub, tmp_path, check=True)
    real = start_with_topic(hub, tmp_path)
    assert (real["error_code"], real["changed"]) == ("UNREACHABLE", True)
    cause = "the likely cause is that the code of the program names a topic"
    parts = (cause, "set input_topic or output_topic", "run the task again")
    assert [real["msg"].count(part) for part in parts] == [1, 1, 1], real["msg"]
    assert sorted(parts, key=real["msg"].index) == list(parts), real["msg"]
    for result in (predicted, real):
        assert [note for note in result["notes"] if "orders (application/x-ndjson)" in note]


@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_topic_with_the_right_type_is_not_named_as_a_cause(hub: FakeHub, tmp_path: pathlib.Path) -> None:
    run_task("sth_topic", hub, name="orders")
    named = {"output_topic": "orders", "input_topic": "others"}
    result = start_with_topic(hub, tmp_path, **named)
    assert not result.get("failed")
    assert "notes" not in result
    run_task("sth_topic", hub, name="orders", state="absent")
    run_task("sth_topic", hub, name="orders", content_type="text/plain")
    assert not start_with_topic(hub, tmp_path, name="other").get("failed")


def test_on_a_hub_without_topics_no_topic_is_named_as_a_cause(hub: FakeHub) -> None:
    run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))
    result = four_times("sth_instance", hub, name="web", sequence="probe", stable_for=0.1, app_config={"a": 1})
    assert not [name for name, told in vars(result).items() if "notes" in told]
