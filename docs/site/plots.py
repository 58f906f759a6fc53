# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws what the benchmark has measured: ``make plots``.

Arguments: the file that ``make benchmark JSON=…`` writes, and the directory for the plots. Each plot names the file by its digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import pathlib
import re
import sys
from collections.abc import Sequence
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot  # noqa: E402

OURS, OTHERS = "#2a6fbb", "#9aa5b1"
UNCHANGED = "Tasks that change nothing on a fake {} hub with {} more of each kind"
COUNTS = ("10", "1,000", "5,000", "50,000")
CURL, DECODED = "the same requests by `curl`", "and `json.loads`"
UPLOAD = "Upload of a package of {} MB of random bytes"
MEGABYTES = (1, 10, 100, 1000)
ROLES = "Roles and playbooks, and module tasks that do the same"

Tables = dict[str, dict[str, Any]]


def write(measured: pathlib.Path, directory: pathlib.Path) -> None:
    """Write each plot as an SVG file to ``directory``."""
    content = measured.read_bytes()
    tables: Tables = json.loads(content)
    directory.mkdir(exist_ok=True)
    pyplot.rcParams.update(
        {
            "svg.hashsalt": "sth",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )
    metadata = {"Date": None, "Source": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    for draw in (one_task, unchanged, uploads, growth, many):
        figure = draw(tables)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", bbox_inches="tight", metadata=metadata)
        lines = (line.rstrip() for line in drawn.getvalue().splitlines())
        path = directory / f"{draw.__name__.replace('_', '-')}.svg"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        pyplot.close(figure)


def seconds(shown: str) -> float:
    """Return the time that a cell shows, such as ``13.8 ms`` or ``1.07 s``."""
    number, unit = shown.split()
    return float(number) * {"ms": 0.001, "s": 1.0}[unit]


def column(table: dict[str, Any], name: str) -> dict[str, str]:
    """Return what a column shows, by the first cell of each row."""
    at = table["columns"].index(name)
    return {row[0]: row[at] for row in table["rows"]}


def one_task(tables: Tables) -> Any:
    """One more task, in a play and in a loop, beside those that every user knows."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 2.6), sharey=True)
    for ax, title in zip(axes, ("One more task in a play", "One more item in a loop")):
        _bars(ax, title, column(tables[title], "time"))
    return figure


def unchanged(tables: Tables) -> Any:
    """Tasks that change nothing, by the number of objects on the hub."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.4), sharey=True)
    for ax, hub in zip(axes, ("1.x", "0.18")):
        found = [tables[UNCHANGED.format(hub, count)] for count in COUNTS]
        objects = [int(count.replace(",", "")) for count in COUNTS]
        for task in ("sth_sequence", "sth_instance", "sth_deployment"):
            taken = [seconds(column(table, "time")[f"`{task}`"]) for table in found]
            ax.loglog(objects, taken, marker="o", label=task)
        floor = [sum(seconds(column(table, name)["`sth_instance`"]) for name in (CURL, DECODED)) for table in found]
        ax.loglog(
            objects,
            floor,
            marker="o",
            linestyle="--",
            color=OTHERS,
            label="curl and json.loads, same requests as sth_instance",
        )
        ax.set_title(f"Hub {hub}", fontsize=10)
        ax.set_xlabel("sequences, instances and topics of others")
        ax.grid(alpha=0.3)
    axes[0].set_ylabel("seconds")
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def uploads(tables: Tables) -> Any:
    """Uploads of 100 MB."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3), sharey=True)
    for ax, content in zip(axes, ("random bytes", "source code")):
        table = _titled(tables, f"Upload of a package of 100 MB of {content}")
        _bars(ax, f"100 MB of {content}", {f"{what}: {by}": time for what, by, time, *_rest in table["rows"]})
    return figure


def growth(tables: Tables) -> Any:
    """Uploads by their size, and a role by the elements of its list, each with what it is compared with."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.4))
    found = [_titled(tables, UPLOAD.format(size))["rows"] for size in MEGABYTES]
    for what, by, style in (
        ("directory", "`sth_sequence`", "-"),
        ("archive of `sth_package`", "`sth_sequence`", "-"),
        ("directory", "`tar -cz` and `curl -T -`", "--"),
        ("archive", "`curl -T`", "--"),
    ):
        taken = [_time_of(rows, what, by) for rows in found]
        axes[0].loglog(MEGABYTES, taken, marker="o", linestyle=style, label=re.sub("`", "", f"{what}: {by}"))
    axes[0].set_title("Upload of random bytes", fontsize=10)
    axes[0].set_xlabel("MB")
    table = _titled(tables, ROLES)
    for what in ("first run", "nothing to do"):
        rows = [row for row in table["rows"] if row[0] == f"role `deployment`, {what}"]
        elements = [int(row[1]) for row in rows]
        for way, style in (("role or playbook", "-"), ("module tasks", "--")):
            at = table["columns"].index(f"time of the {way}")
            label = f"{'role deployment' if style == '-' else 'loop of sth_deployment'}, {what}"
            axes[1].plot(elements, [seconds(row[at]) for row in rows], marker="o", linestyle=style, label=label)
    axes[1].set_title("Role deployment, with the start of ansible-playbook", fontsize=10)
    axes[1].set_xlabel("elements of the list")
    axes[1].set_ylim(bottom=0)
    for ax in axes:
        ax.grid(alpha=0.3)
        ax.set_ylabel("seconds")
        ax.legend(fontsize=8, frameon=False)
    figure.subplots_adjust(wspace=0.3)
    return figure


def many(tables: Tables) -> Any:
    """A play over many hubs, and the wait for an event."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 2.2))
    (title,) = [title for title in tables if title.startswith("A play of one task over")]
    _bars(axes[0], title, column(tables[title], "time"))
    title = "From an event to the next task of the play"
    _bars(axes[1], f"{title} (median)", column(tables[title], "median"))
    figure.subplots_adjust(wspace=1.1)
    return figure


def _titled(tables: Tables, begin: str) -> dict[str, Any]:
    """Return the only table whose title begins so."""
    (found,) = [table for title, table in tables.items() if title.startswith(begin)]
    return found


def _time_of(rows: Sequence[Sequence[str]], what: str, by: str) -> float:
    (time,) = [row[2] for row in rows if list(row[:2]) == [what, by]]
    return seconds(time)


def _bars(ax: Any, title: str, shown: dict[str, str]) -> None:
    """Draw one bar for each, from top to bottom, with its time as it was printed."""
    names = [re.sub("`", "", name) for name in shown]
    bars = ax.barh(names, [seconds(text) for text in shown.values()], color=_colours(names))
    ax.bar_label(bars, labels=list(shown.values()), padding=3, fontsize=8)
    # Room for the text behind the longest.
    ax.set_xlim(right=ax.get_xlim()[1] * 1.15)
    ax.set_xlabel("seconds")
    ax.set_title(title, fontsize=10)
    if not ax.yaxis_inverted():
        ax.invert_yaxis()


def _colours(names: Sequence[str]) -> list[str]:
    return [OURS if "sth_" in name.rpartition(": ")[2] else OTHERS for name in names]


if __name__ == "__main__":
    write(*map(pathlib.Path, sys.argv[1:]))
