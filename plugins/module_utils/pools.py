# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections to a hub: never one that the hub may be about to close, and each can be watched (see `in_flight`)."""

from __future__ import annotations

import math
import time
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.in_flight import Watched

try:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    # Reported by the transport, which everybody needs first.
    HTTPAdapter = HTTPConnection = HTTPSConnection = HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment,misc,unused-ignore]

# The hub closes a connection that was idle for about 6 s; a request written then is lost without an answer (trap 38).
IDLE_LIMIT = 4.0


class _Connection(Watched, HTTPConnection):
    """A connection without TLS."""


class _TlsConnection(Watched, HTTPSConnection):
    """A connection with TLS."""


class _Pool(HTTPConnectionPool):
    """Never uses a connection again that the hub may be about to close."""

    ConnectionCls = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        if time.monotonic() - getattr(connection, "idle_since", math.inf) > IDLE_LIMIT:
            # Whoever sends a request on it opens it again.
            connection.close()
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class _TlsPool(_Pool, HTTPSConnectionPool):
    """The same with TLS."""

    ConnectionCls = _TlsConnection  # type: ignore[assignment]


class HubAdapter(HTTPAdapter):
    """Sessions over such pools, through a proxy too."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Use our pools."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Use our pools."""
        manager = super().proxy_manager_for(*arguments, **named)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager
