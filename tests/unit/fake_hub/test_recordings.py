# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub answers what real hubs have answered."""

from __future__ import annotations

import http.client
import json
import pathlib
import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

RECORDINGS = pathlib.Path(__file__).parent / "recordings"
PLACEHOLDER = re.compile(r"\{\{[^}]+\}\}")
SCENARIOS = sorted(path.relative_to(RECORDINGS) for path in RECORDINGS.glob("*/*.json"))


class Replay:
    """One scenario on a fake hub of its generation."""

    def __init__(self, hub: FakeHub, scenario: dict[str, Any]) -> None:
        self.hub = hub
        self.scenario = scenario
        # What placeholders of the recording stand for here.
        self.known: dict[str, str] = {}

    def run(self) -> list[str]:
        """Replay every exchange that was answered; return what differs."""
        problems = []
        for step in self.scenario["steps"]:
            if step["kind"] == "timeline":
                self.wait(step)
            if step["kind"] != "http" or step["response"].get("outcome") != "complete":
                continue
            status, reason, body = self.send(step["request"])
            wanted = step["response"]
            where = f"step {step['n']} {step['request']['method']} {step['request']['path']} ({step['note']})"
            if (status, reason) != (wanted["status"], wanted["reason"]):
                problems.append(
                    f"{where}: {status} {reason} instead of {wanted['status']} {wanted['reason']}: {body!r}"
                )
                continue
            got = json.loads(body) if "body_json" in wanted and body else body
            self.capture(step, got)
            if "body_json" in wanted:
                problems += [f"{where}: {item}" for item in self.differs(got, wanted["body_json"], "")]
        return problems

    def wait(self, step: dict[str, Any]) -> None:
        """Let pass what the recording waited for, up to the state that it saw last."""
        wanted = step["transitions"][-1]["http_status"]
        latest = [key for key in self.known if key.startswith("{{instance_id")][-1]
        request = {"method": "GET", "path": f"/api/v1/instance/{latest}", "headers": []}
        end = time.monotonic() + 4
        while time.monotonic() < end and self.send(request)[0] != wanted:
            time.sleep(0.02)

    def send(self, request: dict[str, Any]) -> tuple[int, str, str]:
        """Send one recorded request."""
        parts = urlsplit(self.hub.api_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        path = self.fill(request["path"])
        connection.putrequest(request["method"], path, skip_accept_encoding=True)
        for name, value in request["headers"]:
            connection.putheader(name, value)
        body = self.body(request.get("body"))
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, answer.reason, content

    def body(self, body: Any) -> bytes | None:
        """Return the bytes of a recorded body."""
        if not body:
            return None
        if body["kind"] == "json":
            return self.fill(json.dumps(body["value"])).encode()
        if body["kind"] == "text":
            return str(body.get("text", body.get("value", ""))).encode()
        return (RECORDINGS / str(body["stored_as"])).read_bytes()

    def fill(self, text: str) -> str:
        """Put what is known in place of placeholders."""
        return PLACEHOLDER.sub(lambda match: self.known.get(match.group(), match.group()), text)

    def capture(self, step: dict[str, Any], got: Any) -> None:
        """Learn what the step's placeholders stand for."""
        for placeholder, source in step.get("captures", {}).items():
            value: Any = {"body": got}
            for key in source.split("."):
                value = value[int(key)] if key.isdigit() else value[key]
            self.known[placeholder] = str(value)

    def differs(self, got: Any, wanted: Any, path: str) -> list[str]:
        """Compare JSON; a placeholder stands for any value, a known one for its own."""
        if isinstance(wanted, str) and PLACEHOLDER.search(wanted):
            filled = self.fill(wanted)
            return [] if PLACEHOLDER.search(filled) or filled == got else [f"{path}: {got!r} instead of {filled!r}"]
        if isinstance(wanted, dict) and isinstance(got, dict):
            found = [] if wanted.keys() == got.keys() else [f"{path}: keys {sorted(got)} instead of {sorted(wanted)}"]
            return found + [
                item
                for key in wanted.keys() & got.keys()
                for item in self.differs(got[key], wanted[key], f"{path}.{key}")
            ]
        if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
            return [item for one, other in zip(got, wanted) for item in self.differs(one, other, f"{path}[]")]
        return [] if got == wanted else [f"{path}: {got!r} instead of {wanted!r}"]


@pytest.mark.parametrize("name", SCENARIOS, ids=str)
def test_a_recorded_scenario(name: pathlib.Path) -> None:
    scenario = json.loads((RECORDINGS / name).read_text())
    generation = "0.18" if scenario["hub_version"].startswith("0.") else "1.x"
    with FakeHub(generation) as hub:
        assert Replay(hub, scenario).run() == []
