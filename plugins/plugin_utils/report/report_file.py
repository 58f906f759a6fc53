# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the role C(deployment): collects the results of all hosts of a run, and writes them as JSON and Markdown.

Every host writes the whole report at the end of its role. So the last host writes the report of all, even if others have failed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from ansible import constants

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import replacing, require_writable
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import take_lock
from ansible_collections.scramjet.sth.plugins.plugin_utils.report.markdown import as_markdown
from ansible_collections.scramjet.sth.plugins.plugin_utils.run_file import add_line, read_lines

MARKDOWN = ".md"
# The name of the file with the lines of this run (`run_file`).
_NAME = "report"
_UNREAD = "The list of deployments could not be evaluated: see the output of the run."


def report_path(value: Any, directory: str) -> str | None:
    """Return the absolute path of the report; None if it is not wanted. Raises ``INVALID_OPTION``.

    ``value``: the variable ``deployment_report``. ``directory``: where relative paths begin.
    """
    if value in (None, ""):
        return None
    path = os.path.join(directory, os.path.expanduser(str(value)))
    if not path.endswith(MARKDOWN):
        raise SthError(
            "INVALID_OPTION",
            f"deployment_report {value} does not end with {MARKDOWN}: name the Markdown file. The JSON file is written next to it.",
        )
    require_writable("deployment_report", path)
    return path


def note_list(path: str, host: str, names: Iterable[str]) -> None:
    """Note which deployments the role will manage on ``host``."""
    add_line(_NAME, {"path": path, "host": host, "list": list(names)})


def note_refused(path: str, host: str, result: Mapping[str, Any]) -> None:
    """Note that the variables of ``host`` were refused."""
    add_line(_NAME, {"path": path, "host": host, **_said(None, result), "list": []})


def note_deployment(path: str, host: str, name: str, result: Mapping[str, Any], rows: Iterable[Any]) -> None:
    """Note the result of one deployment. ``rows``: see `changes`."""
    add_line(_NAME, {"path": path, "host": host, **_said(name, result), "rows": list(rows)})


def write_report(path: str, host: str, hosts: Iterable[str], check_mode: bool) -> None:
    """Write the report of all hosts that have noted a result until now. ``hosts``: the hosts of the play, in order.

    Raises ``LOCAL_ERROR`` if a file cannot be written.
    """
    add_line(_NAME, {"path": path, "host": host, "over": True, "hosts": list(hosts)})
    lock = os.path.join(constants.DEFAULT_LOCAL_TMP, "scramjet.sth-report.lock")  # type: ignore[attr-defined]
    with open(lock, "wb") as held:
        # Otherwise a host that read the lines earlier could overwrite a more complete report.
        take_lock(held)
        report = build_report([item for item in read_lines(_NAME) if item["path"] == path], check_mode)
        for name, text in (
            (path[: -len(MARKDOWN)] + ".json", json.dumps(report, indent=2, ensure_ascii=False) + "\n"),
            (path, as_markdown(report)),
        ):
            with replacing(name, 0o644) as file:
                file.write(text.encode("utf-8", "replace"))


def build_report(lines: Iterable[Mapping[str, Any]], check_mode: bool) -> dict[str, Any]:
    """Return the report: ``{check_mode, summary, rows, failures}``, the hosts in the order of their plays. Pure."""
    by_host: dict[str, list[Mapping[str, Any]]] = {}
    in_play: dict[str, None] = {}
    for line in lines:
        by_host.setdefault(line["host"], []).append(line)
        in_play.update(dict.fromkeys(line.get("hosts", ())))
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    listed = changed = 0
    for host in [*(item for item in in_play if item in by_host), *(item for item in by_host if item not in in_play)]:
        for line in _complete(by_host[host]):
            listed += len(line.get("list", ()))
            changed += bool(line.get("rows"))
            if line.get("msg"):
                failures.append({"host": host, **{key: line[key] for key in ("deployment", "msg", "error_code")}})
            rows += [_row_of_host(host, line, item) for item in line.get("rows", ())]
    summary = {
        "hosts": len(by_host),
        "hosts_without_report": [item for item in in_play if item not in by_host],
        "deployments": listed,
        "changed": changed,
        "failed": len(failures),
    }
    return {"check_mode": check_mode, "summary": summary, "rows": rows, "failures": failures}


def _complete(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the lines of a host. Add a failure for each list that could not be evaluated, and for each deployment without a result.

    The lines of the two tasks for a deployment that is spread over hubs become one line.
    """
    found: list[Mapping[str, Any]] = []
    left: list[str] | None = None
    # Where the deployments of the list are in ``found``.
    places: dict[str, int] = {}
    for line in lines:
        if not line.get("over"):
            name = line.get("deployment")
            if "list" in line:
                places = {}
            if name in places:
                found[places[name]] = _both(found[places[name]], line)
                continue
            if name is not None:
                places[name] = len(found)
            found.append(line)
            left = [item for item in line.get("list", left or ()) if item != name]
            continue
        if left is None:
            found.append(_said(None, {"failed": True, "msg": _UNREAD}))
        found += [_said(name, {"failed": True}) for name in left or ()]
        left = None
    return found


def _both(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Mapping[str, Any]:
    """Combine the lines of two tasks, one after the other, about one deployment."""
    if not earlier["rows"] or not later["rows"]:
        return {**later, "rows": [*earlier["rows"], *later["rows"]]}
    (first, *some), (last, *more) = earlier["rows"], later["rows"]
    # For a key that the later task does not change, keep the value of the earlier one, such as the note that a secret has changed.
    after = {key: value for key, value in first["after"].items() if key in last["after"] or key not in last["before"]}
    after.update((key, value) for key, value in last["after"].items() if last["before"].get(key) != value)
    reason = "; ".join(dict.fromkeys(row["reason"] for row in (*some, *more)))
    return {**later, "rows": [{**first, "reason": reason, "after": after}, *some, *more]}


def _said(name: str | None, result: Mapping[str, Any]) -> dict[str, Any]:
    failed = bool(result.get("failed"))
    return {
        "deployment": name,
        "hub": (result.get("hub") or {}).get("api_url"),
        "msg": result.get("msg") or "It failed: see the output of the run." if failed else None,
        "error_code": result.get("error_code"),
    }


def _row_of_host(host: str, line: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: item[key] for key in ("kind", "name", "change", "reason")}
    diff = {key: item[key] for key in ("before", "after")}
    return {"host": host, "hub": line["hub"], "deployment": line["deployment"], **own, "diff": diff}
