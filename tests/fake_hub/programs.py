# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulates programs: the behaviours of ``tests/integration/packages/probe``, and the programs in the recordings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from ansible_collections.scramjet.sth.tests.fake_hub import recorded

if TYPE_CHECKING:
    from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance

THROWS_ON_IMPORT = "// fake-hub: throws-on-import"


def run(instance: Instance, main: str) -> None:
    """Schedule everything that the program does."""
    if instance.sequence.is_python and _dies_in_handshake(instance):
        instance.crash(213, "Runner failed")
        return
    if instance.sequence.is_python:
        instance.log_python("Running instance...")
    if main.startswith(THROWS_ON_IMPORT):
        instance.log("ERROR", "Sequence error:", ["Error: boom on import\n    at index.js:5"])
        instance.crash(22, "Sequence failed on start", loaded=False)
    elif not recorded.run(instance, main):
        _behave(instance, instance.settings)


def _dies_in_handshake(instance: Instance) -> bool:
    """Whether a Python program fails at its start (hub-behaviour.md#python-programs). A 1.x hub refuses such a start before this."""
    complete = instance.state.is_1x or {"appConfig", "args"} <= instance.body.keys()
    return instance.state.python != "runs" or not complete


def _behave(instance: Instance, config: dict[str, Any]) -> None:
    behaviour = config.get("behaviour", "run")
    seconds = config.get("seconds", 0.3)
    if behaviour == "throw_at_start":
        instance.log("ERROR", "Sequence error:", [f"Error: {config.get('message', 'boom at start')}"])
        instance.crash(23, "Sequence failed during execution")
        return
    if behaviour == "exit":
        # A 1.x hub does not report the exit code of the program itself.
        instance.crash(213 if instance.state.is_1x else config.get("code", 0), "Runner failed")
        return
    instance.log("DEBUG", "Handshake received", [{"appConfig": config}])
    if config.get("log"):
        instance.log("INFO", config["log"], [], "Sequence")
    for stream in ("stdout", "stderr"):
        if config.get(stream):
            instance.write(stream, f"{config[stream]}\n".encode())
    if config.get("healthy") is False:
        # The program counts as healthy until it is asked (hub-behaviour.md#health-is-a-cache).
        instance.after(instance.state.timings.health, lambda: setattr(instance, "healthy", False))
    for event in config.get("events", []):
        instance.after(event.get("after", 0), instance.emitter(event["name"], event.get("payload")))
    if behaviour == "run" and config.get("ticks"):
        # The real program always does so. Here, it would keep a hub with thousands of programs busy.
        instance.every(1.0, instance.emitter("tick", {"args": instance.args or []}))
    elif behaviour == "complete":
        said = {"args": instance.args, "shard": config.get("shard"), "result": config.get("result", "done")}
        said = {key: value for key, value in said.items() if value is not None}
        output = json.dumps(said, separators=(",", ":")).encode() + b"\n"
        instance.after(seconds, lambda: instance.complete(output))
        if "late" in config:
            # A completed program may still work in the background.
            instance.after(seconds + 0.3, lambda: instance.write("stdout", f"{config['late']}\n".encode()))
    elif behaviour == "return_nothing":
        instance.complete(b"undefined")
        instance.after(seconds, lambda: instance.write("stdout", f"{config['late']}\n".encode()))
    elif behaviour == "stream":
        _stream(instance, config, 1)
    elif behaviour == "flood":
        instance.complete(b"x" * int(config["bytes"]))
    elif behaviour == "end":
        # Ends as if a client had killed it.
        instance.after(seconds, lambda: instance.end(137, "Instance killed"))
    elif behaviour == "hang":
        instance.after(seconds, lambda: setattr(instance, "unreachable", True))
    elif behaviour == "throw_later":
        instance.after(seconds, lambda: _throw(instance, "boom later"))


def _stream(instance: Instance, config: dict[str, Any], number: int) -> None:
    """Write a line after each pause, ``count`` of them, or for ever."""

    def write() -> None:
        instance.write("output", b"line %d\n" % number)
        if number != config.get("count"):
            _stream(instance, config, number + 1)

    instance.after(config["every"], write)


def _throw(instance: Instance, message: str) -> None:
    instance.log("ERROR", "Sequence error:", [f"Error: {instance.settings.get('message', message)}"])
    instance.crash(23, "Sequence failed during execution")


def received(instance: Instance, event: str, message: Any) -> None:
    """React to an event."""
    if recorded.received(instance, event, message):
        return
    config = instance.settings
    answer = config.get("answers", {}).get(event)
    if answer:
        instance.emit(answer["name"], answer.get("payload"))
    elif event == "throw" and config.get("behaviour") == "throw_when_told":
        _throw(instance, "boom when told")
    elif event == "ping":
        instance.emit("pong", message)
    elif event == "count":
        instance.emit("counted", str(len(instance.emitted.get("counted", [])) + 1))
    elif event == "finish":
        instance.complete(b"result\n")


def fed(instance: Instance, data: bytes, ended: bool) -> None:
    """React to input."""
    config = instance.settings
    if config.get("behaviour") in ("echo", "copy"):
        instance.write("output", data.upper() if config["behaviour"] == "echo" else data)
        if ended:
            instance.complete(b"")
    else:
        recorded.fed(instance, data, ended)


def stopping(instance: Instance, timeout: float) -> Literal["stops", "too slow", "put off"]:
    """React to a stop with a timeout of ``timeout`` seconds. "put off": the program asks for more time (keepAlive)."""
    handler = instance.settings.get("stopHandler")
    if handler == "exit":
        instance.after(0.1, lambda: instance.crash(213, "Runner failed"))
    if handler == "keepAlive":
        return "put off"
    slow = handler == "slow" and instance.settings.get("slowMs", 3000) / 1000 > timeout
    return "too slow" if slow else "stops"
