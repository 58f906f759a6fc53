# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What simulated instances do: the behaviours of ``tests/integration/packages/probe``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.scramjet.sth.tests.fake_hub.state import Instance

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


def received(instance: Instance, event: str, message: Any) -> None:
    """React to an event."""
    if event == "ping":
        instance.emit("pong", message)


def fed(instance: Instance, data: bytes, ended: bool) -> None:
    """React to input."""
    config = instance.app_config if isinstance(instance.app_config, dict) else {}
    if config.get("behaviour") == "echo":
        instance.write("output", data.upper())
        if ended:
            instance.complete(b"")
