# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs on the hubs of a play, as rows for machines and as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import split_reference
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.shares import AWAY

HEADINGS = ("HUB", "DEPLOYMENT", "READY", "VERSION", "AGE", "DRIFT")
# The keys of a row, besides ``hub`` and ``reachable``.
_KEYS = (
    "error", "deployment", "ref", "version", "digest", "versions", "wanted", "ready", "indexes", "oldest", "newest", "drift",
)  # fmt: skip
_STEPS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def fleet_report(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each deployment on each host, and one for each host without any.

    A row is ``{hub, reachable, error, deployment, ref, version, digest, versions, wanted, ready, indexes, oldest, newest, drift}``.
    ``digest``: that of ``ref``; None if it has none. ``drift``: whether a run with the list would change anything; None if there is no list,
    or the check has failed.
    """
    rows = []
    for host in variables["ansible_play_hosts_all"]:
        of_host = variables["hostvars"][host]
        rows += list(_rows(host, of_host.get("deployment__seen") or {}, of_host.get("deployment__drift") or {}))
    return rows


def table(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """Return the rows as lines of a table with headings. ``now`` has a time zone."""
    cells = [HEADINGS, *(_cells(row, now) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]


def _rows(host: str, seen: Mapping[str, Any], drift: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    empty = dict.fromkeys(_KEYS)
    nothing = {"hub": host, "reachable": True, **empty}
    if "deployments" not in seen:
        away = seen.get("unreachable") or not seen or seen.get("error_code") in AWAY
        yield {**nothing, "reachable": not away, "error": seen.get("msg") or "An earlier task of this host failed."}
        return
    checked = {item["deployment__name"]: item for item in drift.get("results", ())}
    running = {item["name"]: item for item in seen["deployments"]}
    if not checked and not running:
        yield nothing
    for name in sorted({*checked, *running}):
        found, check = running.get(name), checked.get(name)
        row = {**nothing, "deployment": name, "ready": 0, "wanted": 0, "indexes": "", "versions": {}}
        if found is not None:
            row.update({key: found[key] for key in row if key in found})
            _name, version = split_reference(str(found["ref"]))
            row["digest"] = version if version and version.startswith("sha256:") else None
        if check is not None:
            # A check that failed is shown in its row. It does not fail the play.
            failed = check.get("error_code") is not None or "deployment" not in check
            row.update(drift=None if failed else check["changed"], error=check.get("msg") if failed else None)
            if not failed:
                row["wanted"] = check["deployment"]["replicas"]
        yield row


def _cells(row: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    if row["deployment"] is None:
        failed = "" if row["error"] is None else "failed"
        return (row["hub"], failed if row["reachable"] else "not reachable", "", "", "", "")
    drift = {True: "yes", False: "no", None: "" if row["error"] is None else "not known"}[row["drift"]]
    ready = f"{row['ready']}/{row['wanted']}"
    several = len(row["versions"]) > 1
    version = f"{row['version'] or row['ref'] or ''}{' and others' if several else ''}"
    return (row["hub"], row["deployment"], ready, version, _age(row["newest"], now), drift)


def _age(started: str | None, now: datetime) -> str:
    passed = seconds_since(started, now)
    if passed is None:
        return ""
    seconds = max(0, int(passed))
    for step, unit in _STEPS:
        if seconds >= step:
            return f"{seconds // step}{unit}"
    return "0s"


def seconds_since(started: str | None, now: datetime) -> float | None:
    """Return the seconds from a time that a hub reports until ``now``; None if the time is not valid. Their clocks may differ."""
    try:
        return (now - datetime.fromisoformat(str(started).replace("Z", "+00:00"))).total_seconds()
    except (ValueError, TypeError):
        return None


def utc_now() -> datetime:
    """Return the current time of the controller, in UTC."""
    return datetime.now(timezone.utc)
