# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP to a hub: time-outs, streaming, limits for answers, failures, and repeats of safe requests.

Nothing here knows an endpoint. Source: hub-behaviour.md#transport and hub-behaviour.md#what-a-client-does-about-it.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from typing import IO, Any, Callable, Literal, TypeVar
from urllib.parse import quote

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    BrokenReadError,
    GatewayError,
    LostAnswerError,
    SthError,
)
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import CHUNK, ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection
from ansible_collections.scramjet.sth.plugins.module_utils.http.failures import connection_failure, is_local
from ansible_collections.scramjet.sth.plugins.module_utils.http.gateway import (
    gateway_failure,
    is_from_gateway,
    pause_after,
    retry_after,
)
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import Response, failed_answer
from ansible_collections.scramjet.sth.plugins.module_utils.http.session import Session
from ansible_collections.scramjet.sth.plugins.module_utils.http.tls_files import unusable_file
from ansible_collections.scramjet.sth.plugins.module_utils.http.token_file import TokenFile
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL, Timings
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import SHORTEST_SCRUBBED
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag

REQUESTS_IMPORT_ERROR: str | None
try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None
    # Keep urllib3's warning about each repeat out of a log of Ansible. If the last repeat fails, the failure reports it.
    logging.getLogger("urllib3").propagate = False

T = TypeVar("T")

# The characters that RFC 3986 allows unquoted in a segment of a path.
PATH_SAFE = "!$&'()*+,;=:@"
# In bytes. An answer of a hub has a few megabytes, even with thousands of instances. The answer of another server may never end.
LARGEST_BODY = 256 * 1024 * 1024


class Transport:
    """The session with one hub. Safe to use from several threads."""

    def __init__(self, connection: Connection, timings: Timings = REAL) -> None:
        if REQUESTS_IMPORT_ERROR is not None:
            raise SthError(
                "LOCAL_ERROR",
                "The Python library requests is missing on the machine where this runs: install it for the Python of Ansible there.",
            )
        self.connection = connection
        self._timings = timings
        # Values that no error may show. Each task adds the secrets of its programs.
        self.secrets: set[str] = set()
        # Notes for the result of the task: the time-out of a gateway is too short.
        self.notes: set[str] = set()
        # The version that the hub has reported, for failures; "" if nobody has asked for it.
        self.hub_version = ""
        self._abandoned = Flag()
        self._token_file: TokenFile | None = None
        if connection.token_file:
            self._token_file = TokenFile(connection.token_file, connection.token_read)
        self._in_flight: set[InFlight] = set()
        self._sessions: list[Session] = []
        self._reading = self._session(retries=connection.request_retries)

    @cached_property
    def _reading_once(self) -> Session:
        # For reads that are repeated only here, and not after silence. On a hub of 0.18 there may be thousands of them.
        return self._session(retries=0)

    @cached_property
    def _writing(self) -> Session:
        # Each write gets a new connection. On a pooled connection that the hub is just closing, it would be lost without an
        # answer (hub-behaviour.md#idle-connections), and nobody would know whether it took effect.
        return self._session(retries=0, headers={"Connection": "close"})

    def _session(self, *, retries: int, headers: Mapping[str, str] | None = None) -> Session:
        session = Session(
            self.connection,
            retries=retries,
            headers=headers or {},
            idle_limit=self._timings.idle_limit,
            token_file=self._token_file,
        )
        self._sessions.append(session)
        return session

    def url(self, *segments: str) -> str:
        """Join path segments to the API's address. Quote only what must be quoted, because the hub decodes nothing."""
        return "/".join([self.connection.api_url, *(quote(segment, safe=PATH_SAFE) for segment in segments)])

    def get(
        self,
        *segments: str,
        timeout: float | None = None,
        repeat: Literal["always", "if broken", "never"] = "always",
        outlast: bool = True,
        request: InFlight | None = None,
    ) -> Response:
        """GET that changes nothing on the hub, repeated when the connection fails or the body is cut off.

        ``timeout``: seconds of silence allowed instead of ``request_timeout``. ``repeat``: "if broken" repeats it only after the
        connection broke, and not after silence. ``outlast``: repeat it also when a gateway answers in the place of the hub.
        ``request``: watches a request that is not repeated.
        """
        url = self.url(*segments)

        retries = self.connection.request_retries
        session = self._session_for(repeat)
        # The session repeats requests too. Limit the time for all, so that the repeats here do not multiply it.
        end = time.monotonic() + (1 + retries) * (self.connection.connect_timeout + self._patience(timeout))
        for attempt in count(1):
            is_last = attempt > retries or time.monotonic() > end
            try:
                return self._send(session, "GET", url, timeout=timeout, request=request)
            except requests.exceptions.ChunkedEncodingError as error:
                if is_last or repeat == "never":
                    raise self._failed(error, "GET", url) from None
            except BrokenReadError:
                # The session for reads has repeated it already.
                if is_last or repeat != "if broken":
                    raise
            except GatewayError as error:
                if is_last or not outlast:
                    raise
                self._abandoned.wait(self.pause_after(error, attempt))
        raise _endless()

    def _session_for(self, repeat: Literal["always", "if broken", "never"]) -> Session:
        if repeat == "never":
            return self._writing
        return self._reading if repeat == "always" else self._reading_once

    def _outlasting(self, ask: Callable[[], T]) -> T:
        """Ask up to ``request_retries`` times more while a gateway answers in the place of the hub."""
        for attempt in count(1):
            try:
                return ask()
            except GatewayError as error:
                if attempt > self.connection.request_retries:
                    raise
                self._abandoned.wait(self.pause_after(error, attempt))
        raise _endless()

    def pause_after(self, error: GatewayError, attempt: int) -> float:
        """Return how many seconds to wait before a read is repeated for the ``attempt``th time.

        The pauses grow, or are as long as the gateway asks for, but no longer than ``request_timeout``.
        """
        return pause_after(error, self._timings.gateway_tries, attempt, self.connection.request_timeout)

    def write(
        self,
        method: str,
        *segments: str,
        body: Any = None,
        content: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        hold: float = 0.0,
        timeout: float | None = None,
        request: InFlight | None = None,
    ) -> Response:
        """POST, PUT or DELETE, sent once.

        ``body`` is sent as JSON, ``content`` unchanged (a file is streamed, with its length). ``hold``: seconds for which the hub
        keeps the request before it answers (a stop), added to ``request_timeout``, or to ``timeout`` if that is given.
        ``request``: watches the request. Raises `LostAnswerError` if the request may have been carried out.
        """
        url = self.url(*segments)
        send_headers = dict(headers or {})
        data: bytes | IO[bytes] | None = content
        if content is None:
            # Exactly this spelling: the hub compares it, DELETE without a body included
            # (hub-behaviour.md#delete-needs-a-content-type and
            # hub-behaviour.md#content-types-are-compared-to-the-letter).
            send_headers["Content-Type"] = "application/json"
            data = None if body is None else json.dumps(body).encode()
        else:
            send_headers.setdefault("Content-Type", "application/octet-stream")
        try:
            return self._send(
                self._writing,
                method,
                url,
                data=data,
                headers=send_headers,
                timeout=(self.connection.request_timeout if timeout is None else timeout) + hold,
                uploading=content is not None,
                request=request,
            )
        except requests.exceptions.ChunkedEncodingError as error:
            raise self._failed(error, method, url) from None

    @contextmanager
    def stream(
        self,
        *segments: str,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        request: InFlight | None = None,
    ) -> Iterator[ByteStream]:
        """GET a stream and read it as it arrives. Once it is open, it is never repeated, because reading may consume the data.

        ``timeout``: seconds of silence after which the iteration raises `SthError` ``TIMEOUT``. ``request``: watches it. Without
        ``request``, opening it is repeated while a gateway answers in the place of the hub; with it, the caller must do that.
        """
        url = self.url(*segments)
        with self._registered(request or InFlight()) as registered:

            def ask() -> requests.Response:
                return self._opened(url, timeout, headers, registered)

            with self._outlasting(ask) if request is None else ask() as response:
                yield ByteStream(response, lambda error: self._failed(error, "GET", url))

    def _opened(
        self, url: str, timeout: float | None, headers: Mapping[str, str] | None, request: InFlight
    ) -> requests.Response:
        """Return the answer of a stream that has begun."""
        begun = time.monotonic()
        try:
            with request.watched():
                request.patience = self._patience(timeout)
                response = self._open(self._writing, "GET", url, timeout=timeout, headers=headers)
            if response.status_code == 200 and "html" not in response.headers.get("Content-Type", ""):
                request.let_flow()
                return response
            with response:
                answer = self._answer(response, "GET", url, begun=begun)
        except (requests.exceptions.RequestException, OSError) as error:
            raise self._failed(error, "GET", url) from None
        self._refuse_gateway(answer, timeout)
        if answer.ok:
            raise answer.not_from_a_hub(f"{answer.status} with a web page")
        raise failed_answer(answer, "read a stream")

    @contextmanager
    def _registered(self, request: InFlight) -> Iterator[InFlight]:
        """Register ``request``, so that `abandon` ends it too."""
        self._in_flight.add(request)
        try:
            yield request
        finally:
            self._in_flight.discard(request)
            request.release()

    def abandon(self) -> None:
        """Make every current and every later request fail, in all threads."""
        self._abandoned.set()
        for request in tuple(self._in_flight):
            request.abort()

    @property
    def is_connected(self) -> bool:
        """Whether the connection of the last read is still open. The end of a hub closes it."""
        return self._reading.is_connected

    def renew(self) -> None:
        """Forget the state from earlier requests, but keep the connections."""
        self.secrets = set()
        self.notes = set()

    def close(self) -> None:
        """Close every connection."""
        for session in self._sessions:
            session.close()

    def _open(
        self,
        session: Session,
        method: str,
        url: str,
        *,
        data: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        uploading: bool = False,
    ) -> requests.Response:
        if self._abandoned.is_set():
            # `SystemExit` ends a thread silently, and no handler of failures catches it and goes on.
            raise SystemExit
        silence = self.connection.request_timeout if timeout is None else timeout
        # While a body is sent, the connect time-out limits each write to the socket.
        connect = max(self.connection.connect_timeout, silence) if uploading else self.connection.connect_timeout
        request_headers = dict(headers or {})
        if method == "GET" and session is not self._reading:
            request_headers["Accept"] = "*/*"
        return session.open(method, url, data=data, headers=request_headers, timeout=(connect, silence))

    def _send(
        self, session: Session, method: str, url: str, *, request: InFlight | None = None, **how: Any
    ) -> Response:
        begun = time.monotonic()
        silence = how.get("timeout") or self.connection.request_timeout
        try:
            with self._registered(request or InFlight()) as registered, registered.watched():
                registered.patience = self._patience(silence)
                with self._open(session, method, url, **how) as response:
                    answer = self._answer(response, method, url, begun=begun)
        except requests.exceptions.ChunkedEncodingError:
            raise
        except (requests.exceptions.RequestException, OSError) as error:
            raise self._failed(error, method, url) from None
        if answer.status in (401, 403, 407) or answer.refused_by_front:
            raise failed_answer(answer, "use the API")
        self._refuse_gateway(answer, silence)
        if method != "GET" and answer.ok:
            self._require_json(answer)
        return answer

    def _failed(self, error: Exception, method: str, url: str) -> SthError:
        """Return the failure for an exception of requests. A write may have reached the hub."""
        if url.startswith("https:") and is_local(error):
            unusable = unusable_file(self.connection)
            if unusable is not None:
                return unusable
        return connection_failure(
            error,
            method,
            url,
            sent=method != "GET",
            proxied=self._reading.goes_through_proxy,
            secrets=frozenset(self.secrets) | self.own_secrets,
        )

    def _patience(self, timeout: float | None) -> float:
        """Return how many seconds a whole answer may take: ``timeout`` of silence, and the time of its transfer."""
        return (self.connection.request_timeout if timeout is None else timeout) + self._timings.longest_answer

    def _refuse_gateway(self, answer: Response, timeout: float | None) -> None:
        """Raise `GatewayError` or `LostAnswerError` if a gateway has answered in the place of the hub."""
        if not is_from_gateway(answer):
            return
        allowed = self.connection.request_timeout if timeout is None else timeout
        if answer.status == 504 and self._timings.gateway_waits <= answer.seconds < allowed:
            self.notes.add(
                f"A gateway in front of {self.connection.api_url} waits only {answer.seconds:.0f} s for an answer of the hub that may "
                f"take {allowed:.0f} s: set its time-out (nginx: proxy_read_timeout) to more than that."
            )
        raise gateway_failure(answer, allowed)

    @staticmethod
    def _require_json(answer: Response) -> None:
        """Raise `LostAnswerError` if the answer to a write is not from a hub. Hubs answer writes with JSON or an empty body."""
        try:
            answer.json()
        except SthError as error:
            raise LostAnswerError.of(error) from None

    def _answer(self, response: requests.Response, method: str, url: str, *, begun: float) -> Response:
        seconds = time.monotonic() - begun
        return Response(
            method=method,
            url=url,
            status=response.status_code,
            reason=response.reason or "",
            body=self._body(response, method, url),
            content_type=response.headers.get("Content-Type", ""),
            location=response.headers.get("Location", ""),
            api_url=self.connection.api_url,
            seconds=seconds,
            retry_after=retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", "")),
            hub_version=self.hub_version,
            secrets=frozenset(self.secrets) | self.own_secrets,
        )

    @property
    def own_secrets(self) -> frozenset[str]:
        """The token, the passwords and the values of headers, which nothing may show."""
        # All tokens that were sent, because a proxy in front of the hub may repeat a refused one in its answer.
        tokens = self._token_file.seen if self._token_file else ()
        connection = self.connection
        password, basic = connection.url_password, None
        if password:
            basic = b64encode(f"{connection.url_username}:{password}".encode()).decode()
        headers = (value for _name, value in connection.headers)
        values = (connection.token, password, basic, *headers, *tokens, *self._reading.proxy_secrets)
        return frozenset(value for value in values if value and len(value) >= SHORTEST_SCRUBBED)

    def _body(self, response: requests.Response, method: str, url: str) -> bytes:
        """Read a whole answer of at most ``LARGEST_BODY`` bytes. `Bounded` limits the time."""
        body = bytearray()
        for piece in response.iter_content(CHUNK):
            body += piece
            if len(body) > LARGEST_BODY:
                raise SthError(
                    "HUB_ERROR",
                    f"{method} {url} sends an answer that does not end: check that api_url is the address of a hub's API.",
                    method=method,
                    url=url,
                )
        return bytes(body)


def _endless() -> AssertionError:
    return AssertionError("A loop without an end has ended: please report this bug of scramjet.sth.")
