# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``seconds`` of a run counts: not what the task ends before the run, or after it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.job import apply
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.job.support import complete

# More than any run of a test takes.
HOUR = 3600.0

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.fixture
def cleanings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let an hour pass on the clock of the run while something is ended. Holds what was called for that."""
    called: list[str] = []
    real = apply.time.monotonic
    monkeypatch.setattr(apply, "time", SimpleNamespace(monotonic=lambda: real() + HOUR * len(called)))

    def slow(name: str) -> Callable[..., Any]:
        clean = getattr(apply, name)

        def cleaned(*arguments: Any, **named: Any) -> Any:
            called.append(name)
            return clean(*arguments, **named)

        return cleaned

    for name in ("end_instance", "free_id"):
        monkeypatch.setattr(apply, name, slow(name))
    return called


EVENT = {"events": [{"name": "over", "after": 0.1}]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"app_config": {"behaviour": "complete", "seconds": 0.1}}, None),
        ({"app_config": EVENT, "completion_event": "over"}, None),
        ({"app_config": EVENT, "failure_event": "over", "on_failure": "stop"}, "FAILURE_EVENT"),
        ({"run_timeout": 0.3, "on_failure": "stop"}, "TIMEOUT"),
        ({"app_config": {"behaviour": "throw_later", "seconds": 0.1}}, "ENDED_EARLY"),
    ],
)
def test_seconds_do_not_include_ending_the_program(
    hub: FakeHub, cleanings: list[str], options: dict[str, Any], error: str | None
) -> None:
    result = complete(hub, **options)
    assert result.get("error_code") == error, result
    assert "free_id" in cleanings
    assert ("end_instance" in cleanings) == (error != "ENDED_EARLY")
    assert 0 < result["seconds"] < HOUR


@pytest.mark.slow
def test_seconds_do_not_include_stopping_a_failed_run(hub: FakeHub, cleanings: list[str]) -> None:
    hub.fault(Fault("reset", method="POST", path="/input"))
    config = {"behaviour": "echo"}
    result = complete(hub, app_config=config, input={"content": "x"}, on_failure="stop")
    assert (result["error_code"], cleanings) == ("UNREACHABLE", ["free_id", "end_instance"]), result
    assert 0 < result["seconds"] < HOUR


@pytest.mark.slow
def test_seconds_do_not_include_the_end_of_an_earlier_run(hub: FakeHub, cleanings: list[str]) -> None:
    assert complete(hub, run_timeout=0.1)["error_code"] == "TIMEOUT"
    cleanings.clear()
    result = complete(hub, app_config={"behaviour": "complete", "seconds": 0.1}, if_running="replace")
    assert result["instance"]["outcome"] == "completed", result
    assert cleanings == ["end_instance", "free_id", "end_instance"]
    assert 0 < result["seconds"] < HOUR
