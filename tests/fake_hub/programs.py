# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What simulated instances do: the behaviours of ``tests/integration/packages/probe``."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.scramjet.sth.tests.fake_hub.state import Instance

# Name of the program in the recordings.
RECORDED = "probe-seq"
THROWS_ON_IMPORT = "// fake-hub: throws-on-import"


def run(instance: Instance, main: str) -> None:
    """Schedule everything that the program does."""
    config = instance.app_config if isinstance(instance.app_config, dict) else {}
    behaviour = config.get("behaviour", "run")
    seconds = config.get("seconds", 0.3)
    if main.startswith(THROWS_ON_IMPORT):
        instance.log("ERROR", "Sequence error:", ["Error: boom on import\n    at index.js:5"])
        instance.crash(22, "Sequence failed on start")
        return
    if "behaviour" not in config and _recorded(instance, config):
        return
    if behaviour == "throw_at_start":
        instance.log("ERROR", "Sequence error:", [f"Error: {config.get('message', 'boom at start')}"])
        instance.crash(23, "Sequence failed during execution")
        return
    if behaviour == "exit":
        instance.crash(213, "Runner failed")
        return
    instance.log("DEBUG", "Handshake received", [{"appConfig": config}])
    for stream in ("stdout", "stderr"):
        if config.get(stream):
            instance.write(stream, f"{config[stream]}\n".encode())
    for event in config.get("events", []):
        instance.after(event.get("after", 0), instance.emitter(event["name"], event.get("payload")))
    if behaviour == "complete":
        said = {"args": instance.args, "shard": config.get("shard"), "result": config.get("result", "done")}
        said = {key: value for key, value in said.items() if value is not None}
        output = json.dumps(said, separators=(",", ":")).encode() + b"\n"
        instance.after(seconds, lambda: instance.complete(output))
    elif behaviour == "flood":
        instance.complete(b"x" * int(config["bytes"]))
    elif behaviour == "throw_later":

        def throw() -> None:
            instance.log("ERROR", "Sequence error:", [f"Error: {config.get('message', 'boom later')}"])
            instance.crash(23, "Sequence failed during execution")

        instance.after(seconds, throw)


def _recorded(instance: Instance, config: dict[str, Any]) -> bool:
    """Do what the program of the recordings does, which has another vocabulary; return whether it dies at once."""
    if instance.sequence.config["name"] != RECORDED:
        return False
    if config.get("throw"):
        instance.crash(23, "Sequence failed during execution")
        return True
    if "exitNow" in config:
        instance.crash(213, "Runner failed")
        return True
    if config.get("sayOut"):
        instance.write("stdout", b"hello-stdout\n")
    if config.get("sayErr"):
        instance.write("stderr", b"hello-stderr\n")
    said = {"cfg": config, "args": instance.args or [], "v": instance.sequence.config["version"]}
    instance.after(config.get("readyAfter", 300) / 1000, instance.emitter("ready", said))
    if "emit" in config:
        instance.after(config.get("emitAfter", 200) / 1000, instance.emitter("custom", config["emit"]))
    for key, code, reason in (
        ("exitAfter", 213, "Runner failed"),
        ("throwAfter", 101, "Runner failed"),
        ("rejectAfter", 23, "Sequence failed during execution"),
    ):
        if key in config:
            instance.after(config[key] / 1000, partial(instance.crash, code, reason))
    if "completeAfter" in config:
        instance.after(config["completeAfter"] / 1000, partial(instance.complete, b"result\n"))
    return False


def received(instance: Instance, event: str, message: Any) -> None:
    """React to an event."""
    if event == "ping" and instance.sequence.config["name"] == RECORDED:
        instance.emit("pong", {"got": message, "v": instance.sequence.config["version"]})
    elif event == "ping":
        instance.emit("pong", message)
    elif event == "finish":
        instance.complete(b"result\n")


def fed(instance: Instance, data: bytes, ended: bool) -> None:
    """React to input."""
    config = instance.app_config if isinstance(instance.app_config, dict) else {}
    if config.get("behaviour") in ("echo", "copy"):
        instance.write("output", data.upper() if config["behaviour"] == "echo" else data)
        if ended:
            instance.complete(b"")
