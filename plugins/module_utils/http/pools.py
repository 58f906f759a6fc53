# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections to a hub: never one that the hub may be about to close, and each can be watched (see `in_flight`)."""

from __future__ import annotations

import math
import time
from collections import deque
from functools import cache
from queue import Empty, Full
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import Watched
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL

try:
    from requests.adapters import HTTPAdapter
    from urllib3 import PoolManager
    from urllib3.util import is_connection_dropped
except ImportError:
    # The transport reports this. It is always imported first.
    HTTPAdapter = object  # type: ignore[assignment,misc,unused-ignore]


# Without a password, OpenSSL would ask at the terminal for the one of an encrypted key, and the task would wait for an answer.
_NO_PASSWORD = ""


class _Free:
    """The free connections of a pool, the last one first.

    They replace urllib3's queue. It stays locked if a signal interrupts one of its methods, and then the next call never returns.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._connections: deque[Any] = deque()

    def qsize(self) -> int:
        """Return how many there are."""
        return len(self._connections)

    def get(self, block: bool = False, timeout: float | None = None) -> Any:
        """Take one. Raises `Empty` if there is none, and never waits."""
        try:
            return self._connections.pop()
        except IndexError:
            raise Empty from None

    def put(self, item: Any, block: bool = False) -> None:
        """Give one back. Raises `Full` if there are as many as may be kept."""
        if len(self._connections) >= self._most:
            raise Full
        self._connections.append(item)

    @property
    def last(self) -> Any:
        """The connection that was used last; None if there is none."""
        try:
            return self._connections[-1]
        except IndexError:
            return None


class _Patient:
    """Mixin for urllib3's pools: does not reuse a connection that the hub may be about to close."""

    idle_limit: float

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if time.monotonic() - getattr(connection, "idle_since", math.inf) > self.idle_limit:
            # The next request opens it again.
            connection.close()
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)  # type: ignore[misc]


@cache
def _patient(pool: Any, idle_limit: float) -> Any:
    """Return a class like the class of ``pool`` (TLS, SOCKS), with `_Patient` and with connections that can be watched."""
    if issubclass(pool, _Patient):
        return pool
    connection = type("Connection", (Watched, pool.ConnectionCls), {})
    return type("Pool", (_Patient, pool), {"ConnectionCls": connection, "QueueCls": _Free, "idle_limit": idle_limit})


class HubAdapter(HTTPAdapter):
    """Uses the pools of this module, through a proxy too. ``idle_limit``: seconds after which a connection is not used again.

    All its requests go to one hub, with the same certificates and proxies.
    """

    def __init__(self, idle_limit: float, **named: Any) -> None:
        self._idle_limit = idle_limit
        self._pool_of_hub: Any = None
        super().__init__(**named)

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        """Return the pool of the hub. To find it takes a tenth of the time of a request, so it is found once."""
        if self._pool_of_hub is None:
            self._pool_of_hub = super().get_connection_with_tls_context(*arguments, **named)
        return self._pool_of_hub

    def request_url(self, request: Any, proxies: Any) -> Any:
        """Return the path of the request, or what a proxy needs. Without proxies, none has to be looked for."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def close(self) -> None:
        """Close the connections. A later request opens new ones."""
        self._pool_of_hub = None
        super().close()

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Use the pools of this module."""
        super().init_poolmanager(*arguments, key_password=_NO_PASSWORD, **named)
        _use_patient(self.poolmanager, self._idle_limit)

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Use the pools of this module."""
        manager = super().proxy_manager_for(*arguments, key_password=_NO_PASSWORD, **named)
        _use_patient(manager, self._idle_limit)
        return manager

    def is_connected(self) -> bool:
        """Whether a free connection is still open. If the hub has ended since the last request, none is."""
        managers: list[Any] = [self.poolmanager, *self.proxy_manager.values()]
        # The pools of urllib3 cannot be iterated.
        free = [manager.pools[key].pool.last for manager in managers for key in list(manager.pools.keys())]
        return any(connection is not None and not is_connection_dropped(connection) for connection in free)

    def build_response(self, req: Any, resp: Any) -> Any:
        """Raise an error for an answer that is cut off. urllib3 does so only from version 2 on."""
        resp.enforce_content_length = True
        return super().build_response(req, resp)


def _use_patient(manager: Any, idle_limit: float) -> None:
    classes = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _patient(pool, idle_limit) for scheme, pool in classes.items()}


if HTTPAdapter is not object:
    # Create the classes before workers are forked, so that not every worker has to create them.
    _use_patient(PoolManager(), REAL.idle_limit)
