# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for several endpoints: which headers a hub accepts, and how it waits."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from ansible_collections.scramjet.sth.tests.fake_hub.calls import JSON_TYPES, STREAM_TYPES, Answer, Call
from ansible_collections.scramjet.sth.tests.fake_hub.instances import STREAMS
from ansible_collections.scramjet.sth.tests.fake_hub.state import State


def accepts(call: Call, parts: list[str]) -> bool:
    """Whether the answer's type is in ``Accept``, a list split at commas without trimming."""
    given = call.headers.get("accept")
    if given is None or parts[0] == "audit":
        return True
    streams = parts[0] == "topic" or (len(parts) > 2 and parts[0] == "instance" and parts[2] in (*STREAMS, "events"))
    wanted = STREAM_TYPES if streams else JSON_TYPES
    return any(item.split(";")[0] in wanted for item in given.split(","))


def not_json(call: Call, state: State) -> Answer | None:
    """Refuse a request without a JSON content type, even if it has no body.

    Source: hub-behaviour.md#delete-needs-a-content-type and hub-behaviour.md#content-types-are-compared-to-the-letter.
    """
    given = call.headers.get("content-type")
    newer = state.has("one_parse_error")
    if call.content_type not in JSON_TYPES:
        return Answer(400, "Could not parse content" if newer else "Invalid content-type")
    charset = re.search(r"charset=([^;]+)", given or "")
    if charset and charset.group(1).strip() not in ("utf-8", "utf8"):
        return Answer(400, "Could not parse content" if newer else "Invalid encoding in content-type")
    return None


def pause(state: State, seconds: float) -> None:
    """Wait for ``seconds``. In the meantime, carry out everything that is due."""
    end = time.monotonic() + state.scaled(seconds)
    with state.lock:
        while (left := end - time.monotonic()) > 0:
            state.rest(left)


def wait(state: State, call: Call, done: Callable[[], bool]) -> bool:
    """Wait until ``done`` holds or the client has gone; return whether it holds."""
    while not call.gone():
        with state.lock:
            state.advance()
            if done():
                return True
            state.rest()
    return False
