# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns exceptions of requests into failures that say where the connection failed, and what to do."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Collection, Iterator
from contextlib import suppress
from urllib.request import getproxies

from ansible_collections.scramjet.sth.plugins.module_utils.errors import BrokenReadError, LostAnswerError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.answer_bound import ProxyAuthenticationError
from ansible_collections.scramjet.sth.plugins.module_utils.http.response import PROXY_ADVICE
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub

# `transport` reports a missing requests. It is always imported first.
with suppress(ImportError):
    import requests
    import urllib3


_NAME_ADVICE = "use a name in api_url that the certificate of the hub has, or give it one with this name."
_OLD_TLS_ADVICE = "the hub offers only old versions of TLS, so let it offer TLS 1.2 or newer."
# What to do about a certificate that is refused, by the code of OpenSSL (X509_V_ERR_…).
CERTIFICATE_ADVICE = {
    9: "set the clock of this machine, or that of the one that issued the certificate.",
    10: "renew the certificate of the hub, or set the clock of this machine.",
    18: "set ca_path to this certificate of the hub, if you trust it.",
    62: _NAME_ADVICE,
    64: "use a name in api_url that the certificate of the hub has, or give it one with this address.",
}
CERTIFICATE_ADVICE_ELSE = "set ca_path to the CA that signed the hub's certificate."
# What to do about other failures of TLS, by their reason in OpenSSL.
TLS_ADVICE = {
    "UNSUPPORTED_PROTOCOL": _OLD_TLS_ADVICE,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD_TLS_ADVICE,
}
TLS_ADVICE_ELSE = "if the hub asks for a client certificate, set client_cert and client_key to one that it accepts."


def is_local(error: Exception) -> bool:
    """Whether a connection may have failed because of a file on this machine: with a certificate or a key."""
    # requests raises a plain `OSError` for a missing file.
    return any(
        type(cause) is OSError
        or isinstance(cause, (ssl.SSLError, PermissionError, FileNotFoundError, IsADirectoryError))
        for cause in _causes(error)
    )


def connection_failure(
    error: Exception, method: str, url: str, *, sent: bool, proxied: bool, secrets: Collection[str]
) -> SthError:
    """Translate an exception of requests; ``sent``: the request may have reached the hub and is a write.

    ``proxied``: the environment names a proxy for this hub. ``secrets``: what the failure must not show.
    """
    exceptions = requests.exceptions
    where = {"method": method, "url": url}
    cause = _innermost(error, secrets)
    if isinstance(error, exceptions.SSLError):
        if _tls_reason(error) in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return SthError(
                "UNREACHABLE",
                f"{method} {url} failed, because the server does not use TLS there: use http:// in api_url.",
                **where,
            )
        # Cut off the line of Python's source, "(_ssl.c:1006)", and the full stop that some versions of Python put before it.
        cause = re.sub(r"\.? \(_ssl\.c:\d+\)$", "", cause)
        return SthError(
            "UNREACHABLE", f"{method} {url} failed while it set up TLS ({cause}): {_tls_advice(error)}", **where
        )
    if _is_of(error, ProxyAuthenticationError):
        return SthError(
            "UNAUTHORIZED", f"{method} {url} failed, because {cause}: {PROXY_ADVICE}", **where, http_status=407
        )
    if isinstance(error, exceptions.ProxyError):
        return SthError(
            "UNREACHABLE",
            f"{method} {url} failed at the proxy ({cause}): set use_proxy to false, "
            "or set NO_PROXY, if this machine reaches the hub without a proxy.",
            **where,
        )
    if isinstance(error, exceptions.InvalidSchema) and _has_socks_proxy():
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
    proxy = "the proxy in the environment"
    # A name that cannot be resolved is a `NewConnectionError` too.
    if _is_of(error, exceptions.ConnectTimeout, urllib3.exceptions.NewConnectionError, ConnectionRefusedError):
        return SthError(
            "UNREACHABLE",
            f"{method} {url} could not connect ({cause}): check api_url{f', {proxy},' if proxied else ','} and that the hub runs.",
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
        advice = f"check {f'{proxy}, and ' if proxied else ''}in the hub's log whether it died"
        if url.startswith("https:"):
            advice += ", and set client_cert if it asks for one"
        broken = LostAnswerError if sent else BrokenReadError
        return broken(
            "UNREACHABLE",
            f"{method} {url} lost its connection before the answer was complete ({cause}): {advice}.",
            **where,
        )
    raise error


def _is_of(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Whether the error or one of its causes is of one of these classes. Its text decides nothing: it holds the address."""
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _tls_reason(error: BaseException) -> str | None:
    """Return the reason that OpenSSL gives, such as ``CERTIFICATE_VERIFY_FAILED``; None if it gives none."""
    return next((cause.reason for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)


def _tls_advice(error: BaseException) -> str:
    """Say what to do about a failure of TLS."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            # urllib3 before 2.0 compares the names itself, and then there is no code.
            code = getattr(cause, "verify_code", None)
            return _NAME_ADVICE if code is None else CERTIFICATE_ADVICE.get(code, CERTIFICATE_ADVICE_ELSE)
    return TLS_ADVICE.get(_tls_reason(error) or "", TLS_ADVICE_ELSE)


def _has_socks_proxy() -> bool:
    """Whether the environment names a SOCKS proxy. requests has no class of its own for the missing library."""
    return any(proxy.lower().startswith("socks") for proxy in getproxies().values())


def _innermost(error: BaseException, secrets: Collection[str]) -> str:
    """Return the text of the innermost cause, without the wrappers of requests and urllib3, and without ``secrets``.

    A server that does not answer with HTTP, or a proxy, may write anything into it.
    """
    *_, cause = _causes(error)
    last = cause.args[-1] if cause.args else type(cause).__name__
    # An answer that was cut off has only numbers of bytes as arguments, and says in its text what they are.
    text = last if isinstance(last, str) else str(cause)
    # urllib3 puts a description of the connection before the cause.
    return scrub(" ".join(text.rpartition("): ")[2].split()), secrets, part=True)[:200]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it wraps, from the outside in."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        inside = (getattr(seen, "reason", None), *seen.args[:2])
        seen = next((item for item in inside if isinstance(item, BaseException)), None)
