# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a hub is reached: the connection options that all modules share, as one immutable value."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.token_file import LONGEST_RUN, read_token

DEFAULT_API_URL = "http://127.0.0.1:8000/api/v1"
# The options for signing in. All of them come from one place: if a task sets one of them, its variables and the environment do not count.
SIGN_IN = ("token", "token_file", "url_username", "url_password")
RESERVED_HEADERS = frozenset({"content-type", "accept", "host", "content-length", "transfer-encoding", "connection"})
# One day, in seconds. The operating system cannot handle time-outs that are far longer.
LONGEST_TIMEOUT = 86_400
# A token as RFC 9110 defines it.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Connection:
    """Where the hub is and how to talk to it; times are seconds. Hashable, so that sessions can be cached by it."""

    api_url: str = DEFAULT_API_URL
    token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    # The token in this file when the options were checked. It is not compared: with a new token, it is still the same connection.
    token_read: str = field(default="", repr=False, compare=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    url_username: str | None = None
    url_password: str | None = field(default=None, repr=False)
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    use_proxy: bool = True
    connect_timeout: float = 5.0
    request_timeout: float = 30.0
    request_retries: int = 3

    @property
    def sends_token_in_clear(self) -> bool:
        """Whether a token or password leaves this machine over plain HTTP."""
        parts = urlsplit(self.api_url)
        secret = self.token or self.token_file or self.url_password
        return bool(secret) and parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def clear_text_warning(api_url: str) -> str:
    """Return the warning about a connection that `sends_token_in_clear`."""
    return f"A token or password is sent to {api_url} without TLS: set api_url to an address with https://, if there is one."


def connection_from_options(options: Mapping[str, Any]) -> Connection:
    """Build a `Connection` from validated module options.

    Empty strings count as not given, since surveys send them. Raises `SthError` ``INVALID_OPTION``.
    """
    if options.get("api_url") == "":
        # An empty variable means "not set". An empty option would silently mean the hub on this machine.
        raise SthError("INVALID_OPTION", "api_url is empty: give the address of the hub, or leave the option out.")
    given = {key: value for key, value in options.items() if value is not None and value != ""}
    username, password, token = given.get("url_username"), given.get("url_password"), given.get("token")
    ways = [name for name in ("token", "token_file", "url_username") if given.get(name)]
    if len(ways) > 1:
        raise SthError("INVALID_OPTION", f"{ways[0]} and {ways[1]} are both set: use one of them.")
    if password and not username:
        raise SthError("INVALID_OPTION", "url_password needs url_username: set both.")
    if given.get("client_key") and not given.get("client_cert"):
        raise SthError("INVALID_OPTION", "client_key needs client_cert: set both.")
    for name in ("connect_timeout", "request_timeout"):
        if not 0 < float(given.get(name, 1)) <= LONGEST_TIMEOUT:
            raise SthError(
                "INVALID_OPTION",
                f"{name} must be a number of seconds, more than 0 and not more than {LONGEST_TIMEOUT}.",
            )
    for name in ("ca_path", "client_cert", "client_key"):
        if given.get(name) and not os.path.exists(given[name]):
            raise SthError(
                "INVALID_OPTION",
                f"{name} {given[name]} does not exist on the machine where the task runs: correct the path.",
            )
    for name in ("token_file", "ca_path", "client_cert", "client_key"):
        path = given.get(name)
        if path and os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            # Opening a pipe would wait until somebody writes to it.
            raise SthError("INVALID_OPTION", f"{name} {path} is a device or a pipe: set the name of a regular file.")
    if token:
        _refuse_unsendable("token", token)
    token_read = _require_token(str(given["token_file"])) if given.get("token_file") else ""
    if int(given.get("request_retries", 0)) < 0:
        raise SthError("INVALID_OPTION", "request_retries must not be negative.")
    return Connection(
        api_url=normalise_api_url(str(given.get("api_url", DEFAULT_API_URL))),
        token=token,
        token_file=given.get("token_file"),
        token_read=token_read,
        headers=_headers(given.get("headers", {})),
        url_username=username,
        url_password=password,
        validate_certs=bool(given.get("validate_certs", True)),
        ca_path=given.get("ca_path"),
        client_cert=given.get("client_cert"),
        client_key=given.get("client_key"),
        use_proxy=bool(given.get("use_proxy", True)),
        connect_timeout=float(given.get("connect_timeout", 5)),
        request_timeout=float(given.get("request_timeout", 30)),
        request_retries=int(given.get("request_retries", 3)),
    )


def normalise_api_url(url: str) -> str:
    """Return ``url``, with ``/api/v1`` if it has no path. Refuse a URL that is not HTTP or contains credentials."""
    parts = urlsplit(url.strip())
    # Do not show the URL, because it may contain a password.
    if "@" in parts.netloc:
        raise SthError(
            "INVALID_OPTION", "api_url holds credentials: give them as token or as url_username and url_password."
        )
    try:
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        # Refuses empty labels and labels that are too long, because such a name cannot be looked up.
        (parts.hostname or "").encode("idna")
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment:
        raise SthError(
            "INVALID_OPTION", f"api_url {url!r} is not an address: set one such as http://hub.example.com:8000."
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/api/v1", "", ""))


def api_url_of(options: Mapping[str, Any]) -> str | None:
    """Return the address in the options, even if other options are not valid; None if the address is not valid."""
    given = options.get("api_url")
    try:
        return normalise_api_url(DEFAULT_API_URL if given is None else str(given))
    except SthError:
        return None


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, Mapping):
        raise SthError("INVALID_OPTION", "headers must be a mapping of header names to values.")
    for name in value:
        if str(name).lower() in RESERVED_HEADERS:
            raise SthError(
                "INVALID_OPTION", f"headers must not set {name}, which the client sets itself: leave it out."
            )
        if not _HEADER_NAME.fullmatch(str(name)):
            raise SthError(
                "INVALID_OPTION", f"headers holds {str(name)!r}, which is not a valid name of a header: correct it."
            )
    for name, text in value.items():
        _refuse_unsendable(f"headers: {name}", str(text))
    return tuple(sorted((str(name), str(text)) for name, text in value.items()))


def _refuse_unsendable(what: str, text: str) -> None:
    """Refuse a value that no HTTP header can hold, without showing the value, because it is a secret."""
    if text != text.strip() or not text.isprintable() or not text.isascii():
        raise SthError(
            "INVALID_OPTION",
            f"{what} holds a line end, a blank at its beginning or end, or a character that is not allowed in an HTTP header: "
            "strip the line end if it was read from a file.",
        )


def _require_token(path: str) -> str:
    """Return the token in a file, or from a program. Refuse what has no token that can be sent."""
    try:
        token = read_token(path)
    except OSError as error:
        raise SthError(
            "INVALID_OPTION",
            f"token_file {path} cannot be read on the machine where the task runs ({error.strerror}): correct the path or its permissions.",
        ) from None
    except subprocess.SubprocessError as error:
        # Not what it has written, because that may contain the token.
        how = f"took longer than {LONGEST_RUN} s"
        if isinstance(error, subprocess.CalledProcessError):
            how = f"ended with exit code {error.returncode}"
        raise SthError(
            "LOCAL_ERROR",
            f"token_file {path} is a program, and it {how}: run it on the machine where the task runs to see why.",
        ) from None
    if token is None:
        raise SthError(
            "INVALID_OPTION",
            f"token_file {path} does not hold one token: write the token into it, and nothing else, or let the program print nothing else.",
        )
    return token


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
