# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The behaviour of the programs in the recordings. Their configuration differs from that of the package ``probe``."""

from __future__ import annotations

import itertools
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible_collections.scramjet.sth.tests.fake_hub.instances import UNDEFINED

if TYPE_CHECKING:
    from ansible_collections.scramjet.sth.tests.fake_hub.instances import Instance

PROBE, LISTENER, PYTHON = "probe-seq", "listener", "py"
# Main files that fail before their program begins.
EXITS, DOES_NOT_PARSE = "process.exit(", "module.exports = function( {"


def run(instance: Instance, main: str) -> bool:
    """Simulate a recorded program; return False if ``instance`` runs another program."""
    if main.startswith(EXITS):
        instance.crash(213, "Runner failed", loaded=False)
    elif main.startswith(DOES_NOT_PARSE):
        instance.crash(22, "Sequence failed on start", loaded=False)
    elif instance.config["name"] == PYTHON:
        instance.emit("ready", {"cfg": instance.settings, "args": instance.args or []})
    elif instance.config["name"] == PROBE and "behaviour" not in instance.settings:
        _probe(instance, instance.settings)
    else:
        return False
    return True


def _probe(instance: Instance, config: dict[str, Any]) -> None:
    if config.get("throw") or isinstance(instance.args, int):
        instance.crash(23, "Sequence failed during execution")
        return
    instance.log("DEBUG", "Handshake received", [{"appConfig": config}])
    instance.healthy = not config.get("unhealthy")
    if config.get("sayOut"):
        instance.write("stdout", b"hello-stdout\n")
    if config.get("sayErr"):
        instance.write("stderr", b"hello-stderr\n")
    said = {"cfg": config, "args": instance.args or [], "v": instance.sequence.version}
    instance.after(config.get("readyAfter", 300) / 1000, instance.emitter("ready", said))
    if "emit" in config:
        payload = UNDEFINED if config["emit"] == "__undefined" else config["emit"]
        instance.after(config.get("emitAfter", 200) / 1000, instance.emitter("custom", payload))
    counter = itertools.count(1)
    if "ticks" in config:
        instance.every(config["ticks"] / 1000, lambda: instance.emit("tick", {"n": next(counter)}))
    if "topic" in config:
        instance.topic = (config["topic"], "text/plain")
    if "produce" in config:
        instance.every(config["produce"] / 1000, lambda: instance.write("output", b"line %d\n" % next(counter)))
    _schedule_ends(instance, config)


def _schedule_ends(instance: Instance, config: dict[str, Any]) -> None:
    is_1x = instance.state.is_1x
    for key, code, reason in (
        # Only 1.x reports codes of its own.
        ("exitAfter", 213 if is_1x else config.get("exitCode", 0), "Runner failed"),
        ("throwAfter", 101 if is_1x else 1, "Runner failed"),
        ("rejectAfter", 23, "Sequence failed during execution"),
    ):
        if key in config:
            instance.after(config[key] / 1000, partial(_fail, instance, code, reason))
    timings = instance.state.timings
    overdue = timings.overdue_1x if is_1x else timings.overdue_018
    for key in ("endAfter", "destroyAfter"):
        if key in config:
            instance.after(config[key] / 1000 + overdue, partial(instance.end, 137, "Instance killed"))
    if "completeAfter" in config:
        instance.after(config["completeAfter"] / 1000, partial(instance.complete, b"result\n"))


def _fail(instance: Instance, code: int, reason: str) -> None:
    instance.log("ERROR", "Sequence error:", ["Error: rejected later"])
    instance.crash(code, reason)


def received(instance: Instance, event: str, message: Any) -> bool:
    """React to an event as a recorded program; return whether it does so."""
    name = instance.config["name"]
    if name == LISTENER and event == "custom":
        instance.emit("heard", {"m": message})
    elif name == PROBE and event == "ping":
        got = {} if message is UNDEFINED else {"got": message}
        instance.emit("pong", {**got, "v": instance.sequence.version})
    else:
        return False
    return True


def fed(instance: Instance, data: bytes, ended: bool) -> None:
    """React to input."""
    if not instance.settings.get("echo"):
        return
    for line in data.splitlines():
        instance.write("output", json.dumps(json.loads(line), separators=(",", ":")).encode() + b"\n")
    if ended:
        instance.complete(b"")
