# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of a simple client, which knows none of the traps of a hub."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import requests

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace

JSON = {"Content-Type": "application/json"}
# Long enough for an answer, short enough to wait for one that never comes.
PATIENCE = 0.6 * pace()
# For an answer that must come.
AMPLE = bound(4.0)
CHOSEN = "00000000-0000-4000-8000-000000000001"
GENERATIONS = ("0.18", "1.x")
# Of a hub that lists an ended instance for the whole test; 0.18 lists none.
LISTING = replace(FAST, extension=60.0)


def package(name: str = "a", version: str = "1.0.0", engine: str = "node", **more: Any) -> bytes:
    """Return a package; ``more``: keys of its package.json."""
    manifest = {"name": name, "version": version, "main": "index.js", "engines": {engine: "*"}, **more}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, content in (("package.json", json.dumps(manifest).encode()), ("index.js", b"// runs")):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def ask(
    hub: FakeHub, method: str, path: str, body: Any = None, *, timeout: float = AMPLE, force: str = ""
) -> requests.Response:
    """Send a request with a JSON body and return the answer; ``force``: what the header of a forced delete says."""
    headers = {**JSON, "x-seq-kill-inst": force} if force else JSON
    return requests.request(method, hub.api_url + path, json=body, headers=headers, timeout=timeout)


def hangs(hub: FakeHub, method: str, path: str, body: Any = None, force: str = "") -> bool:
    """Return whether a request is not answered completely."""
    try:
        ask(hub, method, path, body, timeout=PATIENCE, force=force)
    except (requests.Timeout, requests.ConnectionError):
        return True
    return False


def until(so: Callable[[], Any]) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + bound(10)
    while not so():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.01)


def upload(hub: FakeHub, body: bytes) -> requests.Response:
    return requests.post(f"{hub.api_url}/sequence", data=body, timeout=AMPLE)


def stored(hub: FakeHub, **how: Any) -> str:
    """Upload a package and return its sequence's id."""
    return str(upload(hub, package(**how)).json()["id"])


def started(hub: FakeHub, sequence: str, **body: Any) -> str:
    """Start an instance and return its id."""
    return str(ask(hub, "POST", f"/sequence/{sequence}/start", body).json()["id"])


def emitting(payload: Any) -> dict[str, Any]:
    return {"appConfig": {"events": [{"name": "said", "payload": payload}]}}


def event(name: str) -> list[Any]:
    return [5001, {"eventName": name, "message": "x"}]


def ended(hub: FakeHub, instance: str) -> bool:
    answer = ask(hub, "GET", f"/instance/{instance}")
    return answer.status_code == 404 or "terminated" in answer.json()
