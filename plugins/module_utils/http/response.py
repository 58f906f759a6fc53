# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A complete answer of a hub, and the failure for an unexpected answer.

Source: hub-behaviour.md#transport.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from ansible_collections.scramjet.sth.plugins.module_utils.errors import ErrorCode, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub

# How many characters of a hub's error text are shown, and how many are read.
LONGEST_SHOWN = 500
LONGEST_READ = 64 * 1024
PROXY_ADVICE = (
    "write them into its address in the environment (http://user:password@proxy:3128), or set use_proxy to false."
)


@dataclass(frozen=True)
class Response:
    """A complete answer: the hub's status, its (custom) reason phrase and the body."""

    method: str
    url: str
    status: int
    reason: str
    body: bytes
    content_type: str
    # The target of a redirect, and the address of the API that was asked.
    location: str = ""
    api_url: str = ""
    # Seconds until the answer began, and seconds to wait before the next request (Retry-After; 0.0 without it).
    seconds: float = 0.0
    retry_after: float = 0.0
    # The version that the hub has reported before; "" if nobody has asked for it.
    hub_version: str = ""
    # Values that no error may show.
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def refused_by_front(self) -> tuple[ErrorCode, str] | None:
        """The error code and the advice, if nginx in front of a hub refuses the connection with a page of its own; else None."""
        if self.status != 400 or "html" not in self.content_type:
            return None
        if b"SSL certificate" in self.body:
            return (
                "UNAUTHORIZED",
                "The server in front of the hub asks for a client certificate: set client_cert and client_key to one that it accepts.",
            )
        if b"plain HTTP request was sent to HTTPS port" in self.body:
            return "UNREACHABLE", "The server uses TLS there: use https:// in api_url."
        return None

    @property
    def shown_reason(self) -> str:
        """The reason phrase, for a failure."""
        return scrub(self.reason[:LONGEST_READ], self.secrets, part=True)[:LONGEST_SHOWN]

    def json(self) -> Any:
        """Decode the body; None for an empty one. Raises ``HUB_ERROR`` if it is not JSON (not from a hub, or cut off)."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            raise self.not_from_a_hub(f"{self.status} with something that is not JSON") from None

    def not_from_a_hub(self, what: str) -> SthError:
        """Build the failure for an answer that does not come from a hub. ``what`` describes the answer."""
        said = f", although it said before that it is a hub of version {self.hub_version}" if self.hub_version else ""
        return SthError(
            "HUB_ERROR",
            f"{self.method} {self.url} answered {what}{said}: check that api_url is the address of a hub's API.",
            http_status=self.status,
            method=self.method,
            url=self.url,
        )

    def error_text(self) -> str:
        """Return what the hub says went wrong: its JSON ``error``, its text, else the reason phrase.

        The shapes differ by generation and by router (hub-behaviour.md#transport;
        hub-behaviour.md#errors-without-a-body).
        """
        try:
            value = json.loads(self.body) if self.body else None
        except ValueError:
            value = None if "html" in self.content_type else self.body.decode("utf-8", "replace")
        if isinstance(value, Mapping):
            value = value.get("error") or value.get("opStatus")
        if isinstance(value, Mapping):
            value = (
                " ".join(str(value[key]) for key in ("message", "code", "data", "syscall", "path") if key in value)
                or None
            )
        text = str(value or self.reason or f"status {self.status}").strip()
        # Mask before shortening: a secret that is cut in two would not be found.
        return scrub(text[:LONGEST_READ], self.secrets, part=True)[:LONGEST_SHOWN]


def _target(response: Response) -> str:
    """Return the target of a redirect, without the parts that may be secret: the user, the password and the query."""
    try:
        parts = urlsplit(urljoin(response.url, response.location))
    except ValueError:
        return ""
    if not response.location or not parts.hostname:
        return ""
    target = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return scrub(target[:LONGEST_READ], response.secrets, part=True)[:LONGEST_SHOWN]


def _instead_of_redirect(response: Response) -> str:
    """Return the advice for a redirect: the new api_url, if the target ends with the same endpoint, else only the target."""
    target, endpoint = _target(response), response.url.removeprefix(response.api_url)
    if not target:
        return "Redirects are not followed: set api_url to the address of the hub itself."
    if response.api_url and endpoint and target.endswith(endpoint):
        return f"Redirects are not followed: set api_url to {target.removesuffix(endpoint)}."
    return f"Redirects are not followed, and this one leads to {target}: set api_url to the address of the hub itself."


def failed_answer(response: Response, purpose: str, advice: str = "") -> SthError:
    """Build the failure for an unexpected answer. ``purpose``: what the request was for, such as "delete sequence x"."""
    code: Any = {401: "UNAUTHORIZED", 403: "UNAUTHORIZED", 407: "UNAUTHORIZED", 404: "NOT_FOUND", 409: "CONFLICT"}.get(
        response.status, "INSUFFICIENT_RESOURCES" if response.status == 419 else "HUB_ERROR"
    )
    if response.refused_by_front:
        code, advice = response.refused_by_front
    if response.status == 407:
        advice = f"The proxy asks for a user and a password: {PROXY_ADVICE}"
    if not advice and code == "UNAUTHORIZED":
        advice = "Check token, token_file, or url_username and url_password."
    if not advice and response.status == 419:
        advice = "Free memory or CPU on the hub's machine, and run the task again."
    if not advice and 300 <= response.status < 400:
        advice = _instead_of_redirect(response)
    if not advice and response.status == 413:
        # No hub has such a limit.
        advice = (
            "A gateway in front of the hub limits the size of a request: raise its limit (nginx: client_max_body_size)."
        )
    if not advice and code in ("NOT_FOUND", "CONFLICT"):
        advice = "Another client may have changed it: run the task again."
    if not advice:
        advice = "Look in the hub's log for the cause."
    text = f"Could not {purpose}: {response.method} {response.url} answered {response.status} {response.error_text()}."
    return SthError(
        code,
        f"{text} {advice}",
        http_status=response.status,
        method=response.method,
        url=response.url,
    )
