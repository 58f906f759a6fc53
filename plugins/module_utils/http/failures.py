# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns exceptions of requests into failures that say where the connection failed, and what to do."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

from ansible_collections.scramjet.sth.plugins.module_utils.errors import BrokenReadError, LostAnswerError, SthError

# `transport` reports a missing requests. It is always imported first.
with suppress(ImportError):
    import requests
    import urllib3


# Texts of the TLS library, and what to do about each. The first that fits counts.
TLS_ADVICE = (
    ("certificate has expired", "renew the certificate of the hub, or set the clock of this machine."),
    ("certificate is not yet valid", "set the clock of this machine, or that of the one that issued the certificate."),
    ("ostname mismatch", "use a name in api_url that the certificate of the hub has, or give it one with this name."),
    (
        "address mismatch",
        "use a name in api_url that the certificate of the hub has, or give it one with this address.",
    ),
    # OpenSSL 1.1 writes it without the hyphen.
    ("self-signed certificate (", "set ca_path to this certificate of the hub, if you trust it."),
    ("self signed certificate (", "set ca_path to this certificate of the hub, if you trust it."),
    ("CERTIFICATE_VERIFY_FAILED", "set ca_path to the CA that signed the hub's certificate."),
    ("UNSUPPORTED_PROTOCOL", "the hub offers only old versions of TLS, so let it offer TLS 1.2 or newer."),
    ("PROTOCOL_VERSION", "the hub offers only old versions of TLS, so let it offer TLS 1.2 or newer."),
)
TLS_ADVICE_ELSE = "if the hub asks for a client certificate, set client_cert and client_key to one that it accepts."


def connection_failure(error: Exception, method: str, url: str, *, sent: bool) -> SthError:
    """Translate an exception of requests; ``sent``: the request may have reached the hub and is a write."""
    exceptions = requests.exceptions
    text = str(error)
    where = {"method": method, "url": url}
    if isinstance(error, exceptions.SSLError):
        if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text:
            return SthError(
                "UNREACHABLE",
                f"{method} {url} failed, because the server does not use TLS there: use http:// in api_url.",
                **where,
            )
        advice = next((advice for said, advice in TLS_ADVICE if said in text), TLS_ADVICE_ELSE)
        # Cut off the line of Python's source, "(_ssl.c:1006)", and the full stop that some versions of Python put before it.
        cause = re.sub(r"\.? \(_ssl\.c:\d+\)$", "", _innermost(error))
        return SthError("UNREACHABLE", f"{method} {url} failed while it set up TLS ({cause}): {advice}", **where)
    if isinstance(error, exceptions.ProxyError):
        return SthError(
            "UNREACHABLE",
            f"{method} {url} failed at the proxy ({_innermost(error)}): set use_proxy to false, "
            "or set NO_PROXY, if this machine reaches the hub without a proxy.",
            **where,
        )
    if isinstance(error, exceptions.InvalidSchema) and "SOCKS" in text:
        return SthError(
            "UNREACHABLE",
            f"{method} {url} goes through a SOCKS proxy, which needs the Python library PySocks where the task runs: install PySocks "
            "there, set another proxy in the environment, or set use_proxy to false.",
            **where,
        )
    if isinstance(error, (exceptions.InvalidSchema, exceptions.InvalidURL)):
        # Do not show the text of the error, because it may contain the password of the proxy.
        return SthError(
            "UNREACHABLE",
            f"{method} {url} is not a usable address: correct api_url, or the proxy in the environment, or set "
            "use_proxy to false.",
            **where,
        )
    # A name that cannot be resolved is a `NewConnectionError` too.
    if _is_of(error, exceptions.ConnectTimeout, urllib3.exceptions.NewConnectionError, ConnectionRefusedError):
        return SthError(
            "UNREACHABLE",
            f"{method} {url} could not connect ({_innermost(error)}): check api_url, and that the hub runs.",
            **where,
        )
    kind = LostAnswerError if sent else SthError
    # Before Python 3.10, the time-out of a socket is another class.
    if _is_of(error, exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError, socket.timeout):  # noqa: UP041
        return kind(
            "TIMEOUT",
            f"{method} {url} got no complete answer in time: the hub accepted the connection, and then sent nothing "
            "for request_timeout, or sent too slowly. Check the hub's log and load, or raise request_timeout.",
            **where,
        )
    if isinstance(error, (OSError, exceptions.RequestException, urllib3.exceptions.HTTPError)):
        advice = "check in the hub's log whether it died"
        if url.startswith("https:"):
            advice += ", and set client_cert if it asks for one"
        broken = LostAnswerError if sent else BrokenReadError
        return broken(
            "UNREACHABLE",
            f"{method} {url} lost its connection before the answer was complete ({_innermost(error)}): {advice}.",
            **where,
        )
    raise error


def _is_of(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Whether the error or one of its causes is of one of these classes. Its text decides nothing: it holds the address."""
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _innermost(error: BaseException) -> str:
    """Return the text of the innermost cause, without the wrappers of requests and urllib3."""
    *_, cause = _causes(error)
    last = cause.args[-1] if cause.args else type(cause).__name__
    # An answer that was cut off has only numbers of bytes as arguments, and says in its text what they are.
    text = last if isinstance(last, str) else str(cause)
    # urllib3 puts a description of the connection before the cause.
    return text.rpartition("): ")[2][:200]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it wraps, from the outside in."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        inside = (getattr(seen, "reason", None), *seen.args[:2])
        seen = next((item for item in inside if isinstance(item, BaseException)), None)
