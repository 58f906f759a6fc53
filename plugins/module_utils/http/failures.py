# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns exceptions of requests into failures that say where the connection failed, and what to do."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import BrokenReadError, LostAnswerError, SthError

# `transport` reports a missing requests. It is always imported first.
with suppress(ImportError):
    import requests


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
    never_connected = isinstance(error, exceptions.ConnectTimeout) or "NewConnectionError" in text
    if never_connected or "Connection refused" in text or "NameResolutionError" in text:
        return SthError(
            "UNREACHABLE",
            f"{method} {url} could not connect ({_innermost(error)}): check api_url, and that the hub runs.",
            **where,
        )
    timed_out = isinstance(error, exceptions.Timeout) or "timed out" in text.lower()
    kind = LostAnswerError if sent else SthError
    if timed_out:
        return kind(
            "TIMEOUT",
            f"{method} {url} got no complete answer in time: the hub accepted the connection, and then sent nothing "
            "for request_timeout, or sent too slowly. Check the hub's log and load, or raise request_timeout.",
            **where,
        )
    if isinstance(error, (OSError, exceptions.RequestException)) or "urllib3" in type(error).__module__:
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


def _innermost(error: BaseException) -> str:
    """Return the text of the innermost cause, without the wrappers of requests and urllib3."""
    seen = error
    while True:
        inner: Any = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        if inner is None and seen.args and len(seen.args) > 1 and isinstance(seen.args[1], BaseException):
            inner = seen.args[1]
        if inner is None:
            # urllib3 puts a description of the connection before the cause.
            text = str(seen.args[-1]) if seen.args else type(seen).__name__
            return text.rpartition("): ")[2][:200]
        seen = inner
