# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the recorded requests to a fake hub of the same version, and compares its answers with the recorded ones."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline, pauses
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Timings
from ansible_collections.scramjet.sth.tests.running.pace import pace
from ansible_collections.scramjet.sth.tests.unit.fake_hub.bodies import PACKAGE, content
from ansible_collections.scramjet.sth.tests.unit.fake_hub.sending import ALIKE, Got, request_for, send

PLACEHOLDER = re.compile(r"\{\{[^}]+\}\}")
# Ten times as fast as the recordings, on an idle machine. The end of a process is noticed later than by a real hub: what happened before
# the notice must be seen before it on a busy machine too.
TIMINGS = Timings(notice=2.5 * pace(), pace=0.1 * pace())
# What the recorded hubs had unless the recording says otherwise; milliseconds.
EXTENSION = 1000
# One recording waits for minutes, one waits for events that come soon, one looks at a stop that is under way,
# and one at the end soon after a stop.
OWN = {
    "lifecycle-default-extension-complete": {"pace": 0.02 * pace(), "notice": 5.0 * pace()},
    "event-payload-types": {"pace": 0.3 * pace()},
    "stop-body-variants": {"notice": 8.0 * pace()},
    "stop-handler-exits-early": {"notice": 1.0 * pace()},
}
# Recordings in which something happens while an instance starts, which has to take long enough for that.
DURING_START = re.compile(r"while-starting|during-start|race")
# For how long a state is awaited that the recording saw, beyond what it took there; seconds.
PATIENCE = 5.0 * pace()
# Between two looks for it, in seconds.
LOOK = 0.02 * pace()
# A state that came so long after the one before is awaited too, if it is not the last; recorded milliseconds.
STABLE = 300
# Answers that are compared by their status alone: logs of the real hub, and its real configuration.
NOT_COMPARED = re.compile(r"/(log|audit|config)$")
# An action that found what a request beside it was starting.
POLL = "poll GET /instances"
# What has a state that comes by itself, so that it can be asked for again.
STATES = re.compile(r"/(instances|sequences|instance/[^/]+|sequence/[^/]+)/?$")


class Replay:
    """One scenario on a fake hub of its version."""

    def __init__(self, hub: FakeHub, scenario: dict[str, Any]) -> None:
        self.hub = hub
        self.scenario = scenario
        self.problems: list[str] = []
        # What placeholders of the recording stand for here.
        self.known: dict[str, str] = {}
        self._kept: http.client.HTTPConnection | None = None
        self._ended_ms = 0.0

    def prepare(self) -> None:
        """Bring the hub into the state of the recorded one."""
        options = self.scenario["hub"].get("options", {}).get("config", {})
        self.hub.state.crosstalk = True
        if "instanceRequirements" in options or "safeOperationLimit" in options:
            self.hub.overload(1000)
        if "missing-dependencies" in self.scenario["scenario"]:
            self.hub.state.python = "incomplete"

    def run(self) -> list[str]:
        """Do every step that is possible on a fake hub, and return the differences."""
        self.prepare()
        for group in self.groups():
            self.pass_time(group[0])
            if len(group) == 1:
                self.step(group[0])
            else:
                self.together(group)
        if self._kept is not None:
            self._kept.close()
        return self.problems

    def groups(self) -> list[list[dict[str, Any]]]:
        """Return the steps, those that overlapped in one group, in the order in which they began."""
        found: list[list[dict[str, Any]]] = []
        for step in self.scenario["steps"]:
            name = step.get("parallel_group")
            if name and found and found[-1][-1].get("parallel_group") == name:
                found[-1].append(step)
            elif name and found and str(found[-1][0].get("action")).startswith(POLL):
                # It looked for what a request of the group was starting.
                found[-1].append(step)
            else:
                found.append([step])
        return [sorted(group, key=_began) for group in found]

    def scaled(self, milliseconds: float) -> float:
        """Return how many seconds recorded milliseconds take here."""
        return milliseconds / 1000 * self.hub.state.timings.pace

    def pass_time(self, step: dict[str, Any]) -> None:
        """Wait for as long as the recording did between the last step and this one."""
        if step["kind"] in ("timeline", "tcp"):
            # Its time is that of its end, or it is not done here.
            self._ended_ms = float("inf")
            return
        time.sleep(self.scaled(max(0.0, step["at_ms"] - self._ended_ms)))
        self._ended_ms = step["at_ms"] + step.get("timing", {}).get("total_ms", 0) + step.get("ms", 0)
        if step["kind"] in ("hub", "action", "observe"):
            # It is not said how long these took.
            self._ended_ms = float("inf")

    def together(self, group: list[dict[str, Any]]) -> None:
        """Do overlapping steps."""
        threads = []
        for earlier, step in zip([group[0], *group], group):
            time.sleep(self.scaled(step["at_ms"] - earlier["at_ms"]))
            launched = len(self.hub.state.runners)
            threads.append(threading.Thread(target=self.step, args=(step,)))
            threads[-1].start()
            if _starts(step):
                # On a busy machine what was recorded during a start would come before it.
                for _pause in pauses(Deadline(PATIENCE), Pauses(0.01, 0.01)):
                    if len(self.hub.state.runners) > launched:
                        break
        for thread in threads:
            thread.join()
        self._ended_ms = float("inf")

    def step(self, step: dict[str, Any]) -> None:
        """Do one step."""
        getattr(self, f"_{step['kind']}", lambda unused: None)(step)

    # -- kinds of steps -------------------------------------------------------------------------------------------

    def _http(self, step: dict[str, Any]) -> None:
        end = time.monotonic() + PATIENCE
        awaited = step["request"]["method"] == "GET" and STATES.search(step["request"]["path"])
        while True:
            problems = self.exchange(step)
            if not problems or not awaited or time.monotonic() > end:
                break
            time.sleep(LOOK)
        where = f"step {step['n']} {step['request']['method']} {step['request']['path']} ({step['note']})"
        self.problems += [f"{where}: {item}" for item in problems]

    def _http_batch(self, step: dict[str, Any]) -> None:
        """Send many at once; only answers of recorded kinds may come, and each kind that was the only one does."""
        request = {"headers": [["Content-Type", "application/json"]], **step["request"]}
        paths = [request["path"]] * step["parallel"]
        if ":id" in request["path"]:
            listed = json.loads(self.send(request_for("/api/v1/instances")).body)
            paths = [request["path"].replace(":id", item["id"]) for item in listed]
        body = request.get("body")
        if isinstance(body, dict):
            request["body"] = {"kind": "json", "value": body}
        elif body:
            packed = {"kind": "bytes", "description": "", "length": 1000, "package_json": PACKAGE}
            request.update(body=packed, headers=[["Content-Type", "application/octet-stream"]])
        statuses: list[str] = []
        threads = [
            threading.Thread(target=lambda path=path: statuses.append(str(self.send({**request, "path": path}).status)))
            for path in paths
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not set(statuses) <= step["results"].keys() or len(statuses) != step["parallel"]:
            self.problems.append(f"step {step['n']}: {sorted(statuses)} instead of {step['results']}")

    def _timeline(self, step: dict[str, Any]) -> None:
        """Wait for the states in which the recording saw an instance, as far as they came by themselves."""
        latest = [key for key in self.known if key.startswith("{{instance_id")][-1]
        wanted = step["transitions"]
        for earlier, state in zip([None, *wanted], wanted):
            if state is wanted[-1] or (earlier and state["t_ms"] - earlier["t_ms"] > STABLE):
                self.reach(step, self.fill(latest), state)

    def _hub(self, step: dict[str, Any]) -> None:
        self.hub.restart(identify=bool(step["hub_options"].get("ident")))

    def _action(self, step: dict[str, Any]) -> None:
        action = step["action"]
        if action.startswith("rm -rf"):
            self.hub.lose_directory(self.known["{{sequence_id}}"])
        elif action.startswith("kill -9"):
            self.hub.kill_runner(self.known["{{instance_id}}"])
        elif action.startswith("SIGSTOP"):
            self.hub.stall(1.5)
        elif action.startswith(POLL):
            self.until_listed()
        elif action.startswith("SIGTERM"):
            self.hub.restart(identify=False)
        elif "runner-<pid" in action:
            self.hub.declare_completed(self.known["{{instance_id}}"])
        elif "3.12" in action:
            self.hub.state.python = "too new"

    def _observe(self, step: dict[str, Any]) -> None:
        if self.hub.dead or not str(step["what"]).startswith("runner processes") or not isinstance(step["value"], int):
            return
        end = time.monotonic() + PATIENCE
        while self.hub.runners != step["value"] and time.monotonic() < end:
            time.sleep(LOOK)
        if self.hub.runners != step["value"]:
            self.problems.append(f"step {step['n']}: {self.hub.runners} runners instead of {step['value']}")

    def _wait(self, step: dict[str, Any]) -> None:
        time.sleep(self.scaled(step["ms"]))

    # -- waiting --------------------------------------------------------------------------------------------------

    def reach(self, step: dict[str, Any], instance: str, wanted: dict[str, Any]) -> None:
        """Wait for a state of an instance."""
        end = time.monotonic() + PATIENCE + self.scaled(wanted["t_ms"])
        seen: dict[str, Any] = {}
        while time.monotonic() < end:
            got = self.send(request_for(f"/api/v1/instance/{instance}"))
            shown = json.loads(got.body) if got.body and got.status == 200 else {}
            seen = {
                "http_status": got.status,
                "status": shown.get("status"),
                "terminated": shown.get("terminated"),
                "has_ended": "ended" in shown,
            }
            if all(seen[key] == wanted[key] for key in seen):
                return
            time.sleep(LOOK)
        self.problems.append(f"step {step['n']}: {seen} instead of {wanted}")

    def until_listed(self) -> None:
        """Wait until an instance is listed, and learn its id."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            got = self.send(request_for("/api/v1/instances"))
            if got.body != "[]":
                self.known["{{instance_id}}"] = json.loads(got.body)[0]["id"]
                return

    # -- exchanges ------------------------------------------------------------------------------------------------

    def exchange(self, step: dict[str, Any]) -> list[str]:
        """Send a request, and compare the answer with the recorded one."""
        wanted = step["response"]
        timing = step["timing"]
        patience = timing.get("read_for_ms") or timing.get("client_timeout_ms") or 20000 * pace()
        open_end = wanted["outcome"] in ("stream-still-open", "timeout-in-body", "no-response-within-client-timeout")
        got = self.send(
            step["request"],
            max(0.15, self.scaled(patience)) if open_end else 20.0 * pace(),
            bool(step.get("reused_connection")),
        )
        if (got.outcome, got.status, got.reason) != (
            ALIKE.get(wanted["outcome"], wanted["outcome"]),
            wanted.get("status", 0),
            wanted.get("reason", ""),
        ):
            return [f"{got} instead of {wanted['outcome']} {wanted.get('status')} {wanted.get('reason')}"]
        if "status" not in wanted or NOT_COMPARED.search(step["request"]["path"]):
            return []
        parsed = json.loads(got.body) if "body_json" in wanted and got.body else got.body
        self.capture(step, parsed)
        if "body_json" in wanted:
            return self.differs(parsed, wanted["body_json"], "")
        text = self.fill(str(wanted.get("body_text", wanted.get("body", ""))))
        if open_end:
            # How often the program has said something depends on the time.
            text, said = (re.sub(r'"n":\d+', '"n":0', item) for item in (text, got.body))
            return [] if said.startswith(text) or text.startswith(said) else [f"{got.body!r}, not {text!r}"]
        return [] if got.body == text else [f"{got.body!r} instead of {text!r}"]

    def send(self, request: dict[str, Any], timeout: float = 20.0, reused: bool = False) -> Got:
        """Send one recorded request."""
        for placeholder in PLACEHOLDER.findall(json.dumps(request)):
            # Chosen by the client.
            self.known.setdefault(placeholder, str(uuid.uuid4()))
        parts = urlsplit(self.hub.api_url)
        if self.hub.dead:
            return Got("connect:ConnectionRefusedError")
        connection = self._kept if reused else None
        connection = connection or http.client.HTTPConnection(parts.hostname or "", parts.port)
        if self.scenario["scenario"] == "keepalive-idle":
            self._kept = connection
        try:
            return send(connection, {**request, "path": self.fill(request["path"])}, self.body(request), timeout)
        finally:
            if connection is not self._kept:
                connection.close()

    def body(self, request: dict[str, Any]) -> bytes | None:
        """Return a request's body."""
        body = request.get("body")
        if not body:
            return None
        return self.fill(json.dumps(body["value"])).encode() if body["kind"] == "json" else content(body)

    def fill(self, text: str) -> str:
        """Replace placeholders by their known values."""
        return PLACEHOLDER.sub(lambda match: self.known.get(match.group(), match.group()), text)

    def capture(self, step: dict[str, Any], got: Any) -> None:
        """Learn what the step's placeholders stand for."""
        for placeholder, source in step.get("captures", {}).items():
            value: Any = {"body": got}
            for key in source.split("."):
                value = value[int(key)] if key.isdigit() else value[key]
            self.known[placeholder] = str(value)

    def differs(self, got: Any, wanted: Any, path: str) -> list[str]:
        """Compare JSON. A placeholder matches any value, or only its own value if that is known."""
        if isinstance(wanted, str) and PLACEHOLDER.search(wanted):
            if re.fullmatch(r"\{\{(instance|sequence)_id\w*\}\}", wanted):
                self.known.setdefault(wanted, got)
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
        if path.endswith(".n"):
            # How often the program has said something depends on the time.
            return [] if type(got) is type(wanted) else [f"{path}: {got!r}"]
        return [] if got == wanted else [f"{path}: {got!r} instead of {wanted!r}"]


def _began(step: dict[str, Any]) -> float:
    """Return when a step of a group began; what polls began with the request that it polled for."""
    return 0.0 if _starts(step) else float(step["at_ms"])


def _starts(step: dict[str, Any]) -> bool:
    return step["kind"] == "http" and str(step["request"]["path"]).endswith("/start")


def hub_of(scenario: dict[str, Any]) -> FakeHub:
    """Return a fake hub like the recorded one."""
    extension = (scenario["hub"].get("instance_lifetime_extension_delay_ms") or EXTENSION) / 1000
    timings = replace(TIMINGS, extension=extension)
    timings = replace(timings, **OWN.get(scenario["scenario"], {}))
    if DURING_START.search(scenario["scenario"]):
        timings = replace(timings, handshake=3.0)
    return FakeHub(scenario["hub_version"], timings)
