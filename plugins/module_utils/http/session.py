# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all requests of one kind have in common: connections, TLS, proxy, headers and sign-in.

Like `requests.Session`, but without cookies, redirects, hooks and ``~/.netrc``, which no hub needs. In a worker that was just
forked, their first use takes as long as a request (docs/benchmark.md), and a cookie would remain between tasks.
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import IO
from urllib.request import getproxies

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.http.pools import HubAdapter
from ansible_collections.scramjet.sth.plugins.module_utils.http.tls_files import trusted_file
from ansible_collections.scramjet.sth.plugins.module_utils.http.token_file import TokenFile

try:
    import requests
    import urllib3
    from urllib3.util.retry import Retry
except ImportError:
    # The transport reports this. It is always imported first.
    pass

POOL_SIZE = 32
# The settings of macOS can name proxies too.
_SETTINGS_NAME_PROXIES = sys.platform == "darwin"
# How often a request that was answered 401 is sent again with a newer token. If tokens are replaced more quickly than that, none of them
# is accepted.
NEWER_TOKENS = 2


class Session:
    """Sends requests over connections that it keeps. Safe to use from several threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        retries: int,
        headers: Mapping[str, str],
        idle_limit: float,
        token_file: TokenFile | None = None,
    ) -> None:
        """``retries``: how often to repeat a GET whose answer was lost. ``headers``: in addition to those of the connection.

        ``idle_limit``: see `HubAdapter`. ``token_file``: has the token for each request.
        """
        self._token_file = token_file
        # Finding the proxies for this hub is slow. So first find out whether there are any proxies.
        proxied = connection.use_proxy and _may_have_proxies() and bool(getproxies())
        self._api_url = connection.api_url
        self._proxies = requests.utils.get_environ_proxies(connection.api_url) if proxied else {}
        self._verify: bool | str = False
        if connection.validate_certs:
            self._verify = trusted_file(connection) or True
        else:
            # The user has chosen not to check certificates. Without this line, every request would add a warning to the task.
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
        # Repeat after a refused connection for every method, because nothing was sent; after a lost answer only for GET; and
        # never after an answer, because 419 and 409 have their own waits. `other` is TLS: repeating does not help.
        policy = Retry(
            total=connection.request_retries,
            connect=connection.request_retries,
            read=retries,
            status=0,
            other=0,
            redirect=0,
            allowed_methods=frozenset({"GET"}),
            backoff_factor=0.2,
            raise_on_status=False,
        )
        self._adapter = HubAdapter(idle_limit, max_retries=policy, pool_connections=2, pool_maxsize=POOL_SIZE)

    @cached_property
    def _address(self) -> str:
        """The address of the API as it is sent. To prepare each URL would take a tenth of the time of a request."""
        request = requests.PreparedRequest()
        request.prepare_url(self._api_url, None)
        return str(request.url)

    @property
    def goes_through_proxy(self) -> bool:
        """Whether the environment names a proxy for this hub."""
        return bool(self._proxies) and requests.utils.select_proxy(self._api_url, self._proxies) is not None

    @property
    def is_connected(self) -> bool:
        """Whether the connection of the last request is still open, to the hub or to a proxy."""
        return self._adapter.is_connected()

    @property
    def proxy_secrets(self) -> list[str]:
        """The passwords of proxies, also as they are sent, because a proxy may repeat them in its answer."""
        secrets = []
        for url in self._proxies.values():
            user, password = requests.utils.get_auth_from_url(url)
            if password:
                secrets += [password, b64encode(f"{user}:{password}".encode()).decode()]
        return secrets

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

        ``timeout``: seconds to connect, and of silence. Raises what `requests` raises. A request that was refused with 401 is sent
        again if ``token_file`` has another token by then, but at most `NEWER_TOKENS` times.
        """
        request = requests.PreparedRequest()
        request.prepare_method(method)
        request.url = self._address + url[len(self._api_url) :]
        begin = _begin(data) if self._token_file is not None else None
        token = None if self._token_file is None else self._token_file.token()
        resent = 0
        while True:
            # A dict is faster to copy than the case-insensitive mapping of requests. But it is case-sensitive, so remove the
            # user's spelling of a header that is set here.
            if token is not None:
                headers = {**headers, "Authorization": f"Bearer {token}"}
            ours = {name.lower() for name in headers}
            common = {name: value for name, value in self._headers.items() if name.lower() not in ours}
            request.headers = {**common, **headers}  # type: ignore[assignment,unused-ignore]
            if data is not None or method != "GET":
                request.prepare_body(data, None)
            answer = self._adapter.send(
                request, stream=True, timeout=timeout, verify=self._verify, cert=self._cert, proxies=self._proxies
            )
            if self._token_file is None or token is None or answer.status_code != 401 or resent == NEWER_TOKENS:
                return answer
            # The request was not carried out. The token may have been replaced while it was under way.
            sent, token = token, self._token_file.after(token)
            if sent == token or begin is None:
                return answer
            if data is not None and not isinstance(data, bytes):
                data.seek(begin)
            answer.close()
            resent += 1

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()


def _begin(data: bytes | IO[bytes] | None) -> int | None:
    """Return where ``data`` begins, to send it again; None for data that can be read only once, such as a pipe."""
    if data is None or isinstance(data, bytes):
        return 0
    try:
        return data.tell()
    except OSError:
        return None


def _may_have_proxies() -> bool:
    """Whether it makes sense to look for proxies, which takes ten times as long."""
    return _SETTINGS_NAME_PROXIES or "_proxy" in " ".join(os.environ).lower()
