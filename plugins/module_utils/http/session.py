# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all requests of one kind have in common: connections, TLS, proxy, headers and sign-in.

`requests.Session` without what no hub needs: cookies, redirects, hooks and ``~/.netrc``. Where a worker has just been
forked, their first use takes as long as a request (docs/benchmark.md), and a cookie would be left behind between tasks.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from typing import IO
from urllib.request import getproxies

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.http.pools import HubAdapter

try:
    import requests
    import urllib3
    from urllib3.util.retry import Retry
except ImportError:
    # Reported by the transport, which everybody needs first.
    pass

POOL_SIZE = 32
# urllib3 asks this of the headers of each answer, and Python looks through every kind of mapping to tell, once in each
# process. Asked here, workers that are forked later know it: half a millisecond of each task.
issubclass(list, Mapping)


class Session:
    """Sends requests over connections that it keeps. Safe to use from several threads."""

    def __init__(self, connection: Connection, *, retries: int, headers: Mapping[str, str]) -> None:
        """``retries``: how often a GET whose answer was lost is repeated. ``headers``: beside those of the connection."""
        # Which proxies are meant for this hub takes long to find out, and whether there are any does not.
        proxied = connection.use_proxy and bool(getproxies())
        self._proxies = requests.utils.get_environ_proxies(connection.api_url) if proxied else {}
        self._verify: bool | str = False
        if connection.validate_certs:
            self._verify = connection.ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or True
        else:
            # Whoever sets the option knows; a warning on standard error would become one of the task on every request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._cert: str | tuple[str, str] | None = connection.client_cert
        if connection.client_cert and connection.client_key:
            self._cert = (connection.client_cert, connection.client_key)
        common = requests.utils.default_headers()
        common.update({"Accept": "application/json", "User-Agent": "scramjet.sth (Ansible)", **headers})
        common.update(dict(connection.headers))
        if connection.token:
            common["Authorization"] = f"Bearer {connection.token}"
        elif connection.url_username:
            credentials = f"{connection.url_username}:{connection.url_password or ''}".encode()
            common["Authorization"] = f"Basic {b64encode(credentials).decode()}"
        self._headers = dict(common.items())
        # A refused connection is repeated for every method (nothing was sent), a lost answer only for GET, and an
        # answer never: 419 and 409 have their own waits. `other` is TLS, which does not get better.
        policy = Retry(
            total=None,
            connect=connection.request_retries,
            read=retries,
            status=0,
            other=0,
            redirect=0,
            allowed_methods=frozenset({"GET"}),
            backoff_factor=0.2,
            raise_on_status=False,
        )
        self._adapter = HubAdapter(max_retries=policy, pool_connections=2, pool_maxsize=POOL_SIZE)

    def open(
        self,
        method: str,
        url: str,
        *,
        data: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> requests.Response:
        """Send a request and return its answer, whose body has not been read.

        ``timeout``: seconds to connect, and of silence. Raises what `requests` raises.
        """
        request = requests.PreparedRequest()
        request.prepare_method(method)
        request.prepare_url(url, None)
        # A dict suffices, whose copies cost less: those of requests' own kind look through all kinds of mappings. But it tells
        # spellings apart: a header of the user's must not go out beside ours.
        ours = {name.lower() for name in headers}
        common = {name: value for name, value in self._headers.items() if name.lower() not in ours}
        request.headers = {**common, **headers}  # type: ignore[assignment,unused-ignore]
        if data is not None or method != "GET":
            request.prepare_body(data, None)
        return self._adapter.send(
            request, stream=True, timeout=timeout, verify=self._verify, cert=self._cert, proxies=self._proxies
        )

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()
