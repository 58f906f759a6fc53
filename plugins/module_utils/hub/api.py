# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of all clients of one hub: the transport, the version of the hub, and its dialect."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection, normalise_api_url
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response, failed_answer
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.plugins.module_utils.hub.dialect import Dialect, dialect_for
from ansible_collections.scramjet.sth.plugins.module_utils.hub.reading import UnreadableError, read_id
from ansible_collections.scramjet.sth.plugins.module_utils.hub.versions import Capability, read_version
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import HubVersion
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Timings


class HubApi:
    """One hub. ``hub`` is its address or a whole `Connection`; ``timings``: how long to wait, and how often to look."""

    def __init__(self, hub: str | Connection, timings: Timings = REAL) -> None:
        connection = hub if isinstance(hub, Connection) else Connection(api_url=normalise_api_url(hub))
        self.timings = timings
        self.transport = Transport(connection, timings)
        self._version: HubVersion | None = None
        self._version_read = 0.0

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return self.transport.connection.api_url

    @property
    def secrets(self) -> set[str]:
        """Values that must not appear in failures or in the streams of instances in results."""
        return self.transport.secrets

    def hide(self, secrets: set[str]) -> None:
        """Mask ``secrets`` everywhere, also those that are added to the set later."""
        self.transport.secrets = secrets

    def version(self) -> HubVersion:
        """``GET /version``, read once. Raises ``HUB_ERROR`` if this is not a hub."""
        if self._version is None:
            answer = self.transport.get("version")
            if 300 <= answer.status < 400:
                raise failed_answer(answer, "ask the hub for its version")
            body = answer.json() if answer.status == 200 else None
            version = read_version(body)
            service = str(body.get("service") or "") if isinstance(body, Mapping) else ""
            if "manager" in service.lower():
                raise SthError(
                    "HUB_ERROR",
                    f"{answer.url} belongs to {service[:80]}, which manages hubs but is not a hub: set api_url to the address of "
                    "one of its hubs.",
                    method=answer.method,
                    url=answer.url,
                )
            if version is None:
                raise SthError(
                    "HUB_ERROR",
                    f"{answer.url} answered {answer.status} {answer.reason}, so it is not a Scramjet Transform Hub: "
                    "check the host, port and path of api_url.".replace("  ", " "),
                    http_status=answer.status,
                    method=answer.method,
                    url=answer.url,
                )
            self._version = version
            self.transport.hub_version = version.version
            self._version_read = time.monotonic()
        return self._version

    @property
    def known_version(self) -> HubVersion | None:
        """Return the version if it was read already."""
        return self._version

    @property
    def dialect(self) -> Dialect:
        """The dialect of a hub of this version."""
        return dialect_for(self.version())

    def require(self, capability: Capability, what: str, instead: str) -> None:
        """Raise ``UNSUPPORTED_BY_HUB`` if a hub of this version lacks ``capability``."""
        if capability not in self.dialect.capabilities:
            raise self.unsupported(what, instead)

    def unsupported(self, what: str, instead: str) -> SthError:
        """Build the failure for something that this hub cannot do, by its version or because an endpoint is missing."""
        return SthError("UNSUPPORTED_BY_HUB", f"{what} is not possible on a {self.version().version} hub: {instead}.")

    def id_of(self, raw: Any) -> str:
        """Read the id in the answer to a write, or in an element of a list. Raises ``HUB_ERROR``."""
        try:
            return read_id(raw)
        except UnreadableError as error:
            raise self.dialect.unreadable(str(error)) from None

    def forget_version(self) -> None:
        """Read the version again next time, because an answer does not fit the known version."""
        self._version = None
        self.transport.hub_version = ""

    def abandon(self) -> None:
        """Make every current and every later request fail, because the task was interrupted."""
        self.transport.abandon()

    def renew(self) -> None:
        """Begin a new task on the same connections. Everything that may have changed in the meantime is forgotten."""
        if not self.transport.is_connected or time.monotonic() - self._version_read > self.timings.version_lasts:
            # The hub may have been replaced by one of another version.
            self.forget_version()
        self.transport.renew()

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()


def require_acknowledged(answer: Response) -> None:
    """Raise ``HUB_ERROR`` if the answer to a write is not from a hub, but for example the sign-in page of a proxy."""
    body = answer.json()
    if body is not None and not isinstance(body, Mapping):
        raise answer.not_from_a_hub("something other than an object")


def has_no_endpoint(answer: Response) -> bool:
    """Whether the hub does not have the endpoint. A 404 for a missing object has a body."""
    return answer.status == 404 and not answer.body


def feed_headers(content_type: str, end: bool) -> dict[str, str]:
    """Return the headers of a write. Without ``x-end-stream`` the hub ends the stream for good (hub-behaviour.md#ended-input)."""
    return {"Content-Type": content_type, "x-end-stream": "true" if end else "false"}
