# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown for comments on GitHub and GitLab. Values in it never act as markup or as a mention of a user."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# How many differences one row shows, and how many characters of each value. The JSON has all.
MOST_DIFFERENCES = 12
MOST_CHARACTERS = 120
# The characters that could end a cell of a table, or begin markup or a mention.
_MARKUP = re.compile(r"[\\`*\[\]<>|&~#@]")
_NOTHING = object()


def as_markdown(report: Mapping[str, Any]) -> str:
    """Return a report (see `build_report`) as Markdown."""
    summary, would = report["summary"], "would change" if report["check_mode"] else "changed"
    hosts = _counted(summary["hosts"], "hub")
    failed = f" **{summary['failed']} failed.**" if summary["failed"] else ""
    lines = [
        "# Deployment report",
        "",
        f"**{summary['changed']} of {_counted(summary['deployments'], 'deployment')} on {hosts} {would}.**{failed}",
        "",
    ]
    if report["check_mode"]:
        lines += ["This is a check. Nothing was written to a hub.", ""]
    elif summary["failed"]:
        lines += ["If a deployment failed, its changes may be incomplete, or rolled back.", ""]
    if summary["hosts_without_report"]:
        missing = ", ".join(_code(item) for item in summary["hosts_without_report"])
        lines += [f"Missing in this report, because the role did not finish there: {missing}.", ""]
    if report["failures"]:
        lines += ["## Failures", "", *_table(("Host", "Deployment", "Failure"), _failures(report["failures"])), ""]
    if report["rows"]:
        head = ("Host", "Kind", "Name", "Change", "Reason", "Difference")
        lines += ["## Changes", "", *_table(head, _changes(report["rows"])), ""]
    return "\n".join(lines)


def _failures(failures: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for item in failures:
        code = f"{_code(item['error_code'])} " if item["error_code"] else ""
        yield (
            _code(item["host"]),
            _code(item["deployment"]) if item["deployment"] else "",
            code + _without_markup(item["msg"]),
        )


def _changes(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        name = _code(row["name"])
        yield (
            _code(row["host"]),
            row["kind"],
            f"**{name}**" if row["kind"] == "deployment" else name,
            row["change"],
            _without_markup(row["reason"]),
            _differences(row["diff"]),
        )


def _differences(diff: Mapping[str, Any]) -> str:
    found = [
        f"{_code(path)}: {_value(old)} → {_value(new)}"
        if old is not _NOTHING and new is not _NOTHING
        else f"{_code(path)}: {'+' if old is _NOTHING else '−'} {_value(new if old is _NOTHING else old)}"
        for path, old, new in differences(diff["before"], diff["after"], "")
    ]
    more = len(found) - MOST_DIFFERENCES
    return "<br>".join([*found[:MOST_DIFFERENCES], f"and {more} more"] if more > 0 else found)


def differences(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted path, the old and the new value of everything that differs. A missing value is `_NOTHING`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, _NOTHING), after.get(key, _NOTHING), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after)):
            yield from differences(old, new, f"{path}.{index}")
    elif json.dumps(before, default=str) != json.dumps(after, default=str):
        yield path, before, after


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head)):
        yield f"| {' | '.join(cells)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _code(text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…")


def _code(text: str) -> str:
    """Return a code span. In it, only backticks and the end of a cell have a meaning."""
    plain = " ".join(text.split()) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    padding = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{padding}{plain}{padding}{fence}".replace("|", "\\|")


def _without_markup(text: str) -> str:
    return _MARKUP.sub(lambda found: f"&#{ord(found.group())};", " ".join(text.split()))
