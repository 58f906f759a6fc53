# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all clients of one hub share: the transport, the hub's version and the dialect that follows from it."""

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

# Seconds after which the version is asked for again: no hub is replaced by another version and ready any sooner.
VERSION_LASTS = 3.0


class HubApi:
    """One hub. ``hub`` is its address or a whole `Connection`."""

    def __init__(self, hub: str | Connection) -> None:
        connection = hub if isinstance(hub, Connection) else Connection(api_url=normalise_api_url(hub))
        self.transport = Transport(connection)
        self._version: HubVersion | None = None
        self._version_read = 0.0

    @property
    def api_url(self) -> str:
        """The address of the API."""
        return self.transport.connection.api_url

    @property
    def secrets(self) -> set[str]:
        """Values that no error, and nothing that is kept of an instance's streams, may show."""
        return self.transport.secrets

    def hide(self, secrets: set[str]) -> None:
        """Let ``secrets`` be shown nowhere; what is added to them later counts too."""
        self.transport.secrets = secrets

    def version(self) -> HubVersion:
        """``GET /version``, asked once. Raises ``HUB_ERROR`` where this is no hub."""
        if self._version is None:
            answer = self.transport.get("version")
            if 300 <= answer.status < 400:
                raise failed_answer(answer, "ask the hub for its version")
            told = answer.json() if answer.status == 200 else None
            version = read_version(told)
            service = str(told.get("service") or "") if isinstance(told, Mapping) else ""
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
                    f"{answer.url} answered {answer.status} {answer.reason}, which is not a Scramjet Transform Hub: "
                    "check the host, port and path of api_url.".replace("  ", " "),
                    http_status=answer.status,
                    method=answer.method,
                    url=answer.url,
                )
            self._version = version
            self._version_read = time.monotonic()
        return self._version

    @property
    def known_version(self) -> HubVersion | None:
        """Return the version if the hub has been asked for it."""
        return self._version

    @property
    def dialect(self) -> Dialect:
        """What a hub of this version wants."""
        return dialect_for(self.version())

    def require(self, capability: Capability, what: str, instead: str) -> None:
        """Raise ``UNSUPPORTED_BY_HUB`` where a hub of this version lacks ``capability``."""
        if capability not in self.dialect.capabilities:
            raise self.unsupported(what, instead)

    def unsupported(self, what: str, instead: str) -> SthError:
        """Build the failure for what this hub cannot do, also where it was expected to: it has no such endpoint."""
        return SthError("UNSUPPORTED_BY_HUB", f"{what} is not possible on a {self.version().version} hub: {instead}.")

    def id_of(self, raw: Any) -> str:
        """Read the id of what a write has made, or a list holds. Raises ``HUB_ERROR``."""
        try:
            return read_id(raw)
        except UnreadableError as error:
            raise self.dialect.unreadable(str(error)) from None

    def forget_version(self) -> None:
        """Let the hub be asked again: what it has answered is not what a hub of its version does."""
        self._version = None

    def abandon(self) -> None:
        """Let every request on its way fail, and every further one: the task has been interrupted."""
        self.transport.abandon()

    def renew(self) -> None:
        """Begin a task of its own on the same connections: nothing that could have changed meanwhile is remembered."""
        if time.monotonic() - self._version_read > VERSION_LASTS:
            self._version = None
        self.transport.renew()

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()


def has_no_endpoint(answer: Response) -> bool:
    """Whether a hub does not know the endpoint; one that does, and misses what is asked for, says so in a body."""
    return answer.status == 404 and not answer.body


def feed_headers(content_type: str, end: bool) -> dict[str, str]:
    """Without the header the hub ends an instance's stream for good (hub-behaviour.md#ended-input)."""
    return {"Content-Type": content_type, "x-end-stream": "true" if end else "false"}
