# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of what a failed instance said, for the failure's text (design.md section 4, failures)."""

from __future__ import annotations

import json

from ansible_collections.scramjet.sth.plugins.module_utils.client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.waiting import Deadline

TAIL = 4096
# What the hub logs behind an error can be long: the error itself is looked for in this much.
READ = 256 * 1024
# A 1.x hub never ends /log (hub-contract.md section 5), and what it has comes at once.
SILENCE = 0.5
LONGEST = 3.0


def failure_logs(hub: HubClient, instance_id: str) -> dict[str, str] | None:
    """Read the ends of stderr and log of an ended instance; None on 0.18, which keeps none and drains what is read."""
    if hub.version().generation == "0.18":
        return None
    return ends({stream: _read(hub, instance_id, stream) for stream in ("stderr", "log")})


def ends(texts: dict[str, str]) -> dict[str, str]:
    """Shorten what was read to what a failure shows: the last lines, and of the log its errors before them."""
    shown = {stream: _last_lines(text, TAIL) for stream, text in texts.items()}
    if texts.get("log"):
        errors = [line[: TAIL // 2] for line in texts["log"].splitlines() if _error_in(line)]
        earlier = [line for line in errors[:3] if line not in shown["log"]]
        shown["log"] = "\n".join([*earlier, shown["log"]])
    return shown


def first_error(log: str) -> str | None:
    """Return the first error in a log of JSON lines, as a person would say it."""
    return next((found for found in map(_error_in, log.splitlines()) if found), None)


def _error_in(line: str) -> str | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("level") not in ("ERROR", "FATAL"):
        return None
    said = next((item for item in entry.get("data") or () if isinstance(item, str)), "")
    return said.partition("\n")[0][:300] or None


def _last_lines(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    whole = text[-size:].partition("\n")[2]
    return whole or text[-size:]


def _read(hub: HubClient, instance_id: str, stream: str) -> str:
    kept = b""
    deadline = Deadline(LONGEST)
    try:
        with hub.instance(instance_id).read(stream, timeout=SILENCE) as chunks:
            for chunk in chunks:
                kept = (kept + chunk)[-READ:]
                if deadline.passed:
                    break
    except SthError:
        # Silence ends it; a record that has gone meanwhile has nothing to say.
        pass
    return kept.decode("utf-8", "replace")
