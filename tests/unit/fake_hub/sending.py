# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends requests in the form of the recordings."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass
from typing import Any

# What the recordings tell apart and a client does not.
ALIKE = {
    "stream-still-open": "open",
    "timeout-in-body": "open",
    "connection-closed-without-response": "closed",
    "ConnectionResetError": "closed",
    "send:ConnectionResetError": "closed",
}


@dataclass
class Got:
    """An answer; ``outcome`` as in the recordings."""

    outcome: str
    status: int = 0
    reason: str = ""
    body: str = ""


def request_for(path: str) -> dict[str, Any]:
    """Return a request in the form of the recordings."""
    return {"method": "GET", "path": path, "headers": []}


def send(connection: http.client.HTTPConnection, request: dict[str, Any], content: bytes | None, timeout: float) -> Got:
    """Send a recorded request; ``timeout`` holds for the answer's beginning and for all of it, in seconds."""
    connection.timeout = timeout
    status, reason, body = 0, "", b""
    try:
        connection.putrequest(request["method"], request["path"], skip_accept_encoding=True)
        for name, value in request["headers"]:
            repeated = re.match(r"(.) \* (\d+)$", value)
            connection.putheader(name, repeated[1] * int(repeated[2]) if repeated else value)
        chunked = request.get("transfer") == "chunked"
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif content is not None:
            connection.putheader("Content-Length", str(request.get("content_length_sent", len(content))))
        connection.endheaders([content] if chunked and content is not None else content, encode_chunked=chunked)
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        with connection.getresponse() as answer:
            status, reason = answer.status, answer.reason
            end = time.monotonic() + timeout
            while piece := answer.read1(65536):
                body += piece
                if time.monotonic() > end:
                    raise TimeoutError
    except TimeoutError:
        outcome = "open" if status else "no-response-within-client-timeout"
        return Got(outcome, status, reason, body.decode())
    except (ConnectionResetError, BrokenPipeError):
        return Got("closed")
    except ConnectionRefusedError:
        return Got("connect:ConnectionRefusedError")
    return Got("complete", status, reason, body.decode())
