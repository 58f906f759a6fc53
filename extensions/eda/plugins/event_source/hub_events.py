# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source that follows Scramjet Transform Hubs: events of programs, the life cycle of instances, and reachability."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import pathlib
import sys
from typing import Any

DOCUMENTATION = r"""
---
short_description: Follow instances on Scramjet Transform Hubs and the hubs themselves.
description:
  - An event source plugin for ansible-rulebook. It reports events of programs that you name, starts and ends of instances, and whether
    hubs can be reached.
  - Each event has a C(type), a C(time), and a C(hub) with the C(name) and C(api_url) of its hub. The C(type) is C(event),
    C(instance_started), C(instance_ready), C(instance_ended), C(hub_reachable), C(hub_unreachable) or C(gap). The page
    C(docs/event-driven.md) of the collection lists all fields.
  - If a hub cannot be reached, the source tries again after pauses that grow from 0.5 to 10 seconds. It never gives up.
  - The source changes nothing on a hub. Other readers still get all events, and the source reads no streams.
options:
  hubs:
    description:
      - The hubs to follow. Each may also have its own connection arguments, which are C(token) and those listed after it. For this hub,
        they replace those of the source.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the hub in events. If not set, it is the C(api_url).
        type: str
      api_url:
        description:
          - Address of the hub's API. If it has no path, C(/api/v1) is added.
        type: str
        required: true
  instance:
    description:
      - Follow only these instances. Each item is an id, the name of an instance, or the name of a pool or deployment for all of its
        members. They do not have to exist yet. If not set, all instances are followed.
    type: list
    elements: str
  sequence:
    description:
      - Follow only instances of this sequence. It is an id, a name, C(name@version), C(name@sha256:...) or C(name@current). If not set,
        instances of all sequences are followed.
      - If C(instance) is set too, only instances that match both arguments are followed.
    type: str
  events:
    description:
      - Names of the events of programs to follow. If the list is empty, none is followed. The source keeps one connection open for each
        name and instance.
    type: list
    elements: str
    default: []
  ready_event:
    description:
      - Name of the event that a program emits when it is ready. If not set, an instance counts as ready when it has run for
        C(stable_for) seconds.
    type: str
  stable_for:
    description:
      - How many seconds an instance has to run until it counts as ready. It has no effect if C(ready_event) is set.
    type: float
    default: 2.0
  interval:
    description:
      - How often the source asks each hub which instances there are, in seconds. At least 0.1.
    type: float
    default: 1.0
  mask_output:
    description:
      - Whether to mask secrets in payloads. Values whose keys look secret are masked, and so are secrets of the configuration of the
        instance.
    type: bool
    default: true
  token:
    description:
      - Bearer token. Use only one of C(token), C(token_file) and C(url_username). If none of them is set, the environment variable
        C(STH_TOKEN) is used. There is such a variable for each of the following arguments too.
    type: str
  token_file:
    description:
      - File with the bearer token, which is read again for each request, or a program that prints it, which is run again after an answer 401.
    type: str
  headers:
    description:
      - Additional request headers, a mapping, or a JSON object as text.
    type: dict
    default: {}
  url_username:
    description:
      - User name for basic authentication.
    type: str
  url_password:
    description:
      - Password for C(url_username).
    type: str
  validate_certs:
    description:
      - Whether to verify the certificates of the hubs.
    type: bool
    default: true
  ca_path:
    description:
      - File with the CA certificates to trust.
    type: str
  client_cert:
    description:
      - File with the client certificate in PEM format. It may also contain the key.
    type: str
  client_key:
    description:
      - File with the key of C(client_cert). Not needed if C(client_cert) contains the key.
    type: str
  use_proxy:
    description:
      - Whether to use the proxy that the environment sets (C(HTTP_PROXY), C(HTTPS_PROXY), C(NO_PROXY)).
    type: bool
    default: true
  connect_timeout:
    description:
      - Seconds to wait for a connection.
    type: float
    default: 5.0
  request_timeout:
    description:
      - How many seconds a request may wait without receiving a byte. After that, it fails. The open connections for events have no such
        limit.
    type: float
    default: 10.0
  request_retries:
    description:
      - How many times to repeat a request before the hub counts as unreachable.
    type: int
    default: 0
notes:
  - The Python of ansible-rulebook needs the Python library requests.
"""

EXAMPLES = r"""
- scramjet.sth.hub_events:
    hubs:
      - api_url: http://hub.example.com:8000
    instance:
      - shop
    events:
      - overloaded
      - idle

- scramjet.sth.hub_events:
    hubs:
      - name: north
        api_url: https://north.example.com
      - name: south
        api_url: https://south.example.com
        token: "{{ south_token }}"
    sequence: importer
    ready_event: ready
    token: "{{ hub_token }}"
"""

logger = logging.getLogger("scramjet.sth.hub_events")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put what happens on the hubs into ``queue``, until the task is cancelled."""
    follower_module = _of_collection("following.follower")
    read = _of_collection("following.arguments").read_arguments
    failure = _of_collection("errors").SthError
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()

    def wake() -> None:
        # A thread may still call this after the loop was closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(arrived.set)

    try:
        arguments = read(args, os.environ)
        follower = follower_module.Follower(arguments, wake)
    except failure as error:
        raise ValueError(f"{error.message} (error_code={error.code})") from None
    for warning in arguments.warnings:
        logger.warning("%s", warning)
    follower.start()
    try:
        while True:
            await arrived.wait()
            arrived.clear()
            while (event := follower.take()) is not None:
                _log(event)
                await queue.put(event)
    finally:
        await loop.run_in_executor(None, follower.stop)


def _log(event: dict[str, Any]) -> None:
    """Log the reachability of hubs, because a rulebook may have no rule for it."""
    if event["type"] == "hub_reachable":
        logger.info("%s: hub_reachable", event["hub"]["name"])
    elif event["type"] in ("hub_unreachable", "gap"):
        logger.warning("%s: %s: %s", event["hub"]["name"], event["type"], event["message"])


def _of_collection(name: str) -> Any:
    """Import a module of this collection. ansible-rulebook runs this file by its path, so the collection may not be importable."""
    # Do not resolve symbolic links, because a checkout may be linked into a directory of collections.
    folders = pathlib.Path(os.path.abspath(__file__)).parents
    if len(folders) > 7 and folders[6].name == "ansible_collections":
        if str(folders[7]) not in sys.path:
            sys.path.insert(0, str(folders[7]))
        for package, folder in (("ansible_collections", folders[6]), ("ansible_collections.scramjet", folders[5])):
            # The package may come from another installation of collections, whose path does not include this one.
            places = importlib.import_module(package).__path__
            if str(folder) not in places:
                places.append(str(folder))
    return importlib.import_module(f"ansible_collections.scramjet.sth.plugins.module_utils.{name}")


if __name__ == "__main__":

    class _Printing(asyncio.Queue[Any]):
        """Prints what a rulebook would get."""

        async def put(self, item: Any) -> None:
            """Print an event."""
            sys.stdout.write(f"{item}\n")

    asyncio.run(main(_Printing(), {"hubs": [{"api_url": os.environ["STH_API_URL"]}]}))
