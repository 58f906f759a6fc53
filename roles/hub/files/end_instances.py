# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends instances through the hub's API: end_instances.py {"api_url": …, "instances": [id, …], "stop_timeout": seconds}.

Asks each instance to stop (POST instance/<id>/_stop, which answers only after the whole timeout), then kills it. Prints as JSON
the ids of instances that are still listed as live: on 0.18, a failed start can leave a record that never goes
(hub-behaviour.md#start-never-answered).
"""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import re
import sys
import time
import urllib.request
from typing import Any

# Seconds. A 0.18 hub lists a killed Python program for 11 s, and a 1.x hub a program that does not answer the kill for 16 s.
SETTLE = 20.0


def call(url: str, timeout: float, body: Any = None) -> Any:
    """Return the hub's answer; None if it refuses or does not answer. The caller looks at the list of instances instead."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as answer:
            return json.loads(answer.read() or b"null")
    except (OSError, ValueError, http.client.HTTPException):
        return None


def main() -> None:
    want = json.loads(sys.argv[1])
    api_url, seconds = want["api_url"], want["stop_timeout"]
    stop: Any = {"timeout": int(seconds * 1000), "canCallKeepalive": False}
    version = (call(f"{api_url}/version", 10) or {}).get("version", "")
    if version and [int(number) for number in re.findall("[0-9]+", version)[:3]] < [0, 28, 2]:
        stop = [4001, stop]  # hub-behaviour.md#body-of-a-stop

    def end(instance: str) -> None:
        call(f"{api_url}/instance/{instance}/_stop", seconds + 10, stop)
        call(f"{api_url}/instance/{instance}/_kill", 10, {})

    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(end, want["instances"]))
    deadline = time.monotonic() + SETTLE
    while True:
        listed = call(f"{api_url}/instances", 10) or []
        live = {i["id"] for i in listed if not i.get("terminated") and not i.get("ended")}
        left = sorted(live.intersection(want["instances"]))
        if not left or time.monotonic() >= deadline:
            break
        time.sleep(0.5)
    print(json.dumps(left))


if __name__ == "__main__":
    main()
