# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws what the benchmark has measured. Arguments: the file that ``make benchmark JSON=…`` writes, and a new directory for the plots."""

from __future__ import annotations

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
COUNTS = ("10", "1,000", "5,000")

Tables = dict[str, dict[str, Any]]


def write(measured: pathlib.Path, directory: pathlib.Path) -> None:
    """Write each plot as an SVG file to ``directory``."""
    tables: Tables = json.loads(measured.read_text(encoding="utf-8"))
    directory.mkdir()
    pyplot.rcParams.update(
        {"svg.hashsalt": "sth", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False}
    )
    for name, draw in {"one-task": one_task, "unchanged": unchanged, "uploads": uploads, "many": many}.items():
        figure = draw(tables)
        figure.savefig(directory / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
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
        curl = [seconds(column(table, "the same requests by `curl`")["`sth_instance`"]) for table in found]
        ax.loglog(objects, curl, marker="o", linestyle="--", color=OTHERS, label="curl, as sth_instance asks")
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
        (table,) = [t for title, t in tables.items() if title.startswith(f"Upload of a package of 100 MB of {content}")]
        _bars(ax, f"100 MB of {content}", {f"{what}: {by}": time for what, by, time, *_rest in table["rows"]})
    return figure


def many(tables: Tables) -> Any:
    """A play over many hubs, and the wait for an event."""
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 2.2))
    (title,) = [title for title in tables if title.startswith("A play of one task over")]
    _bars(axes[0], title, column(tables[title], "time"))
    title = "From an event to the next task of the play"
    _bars(axes[1], f"{title} (median)", column(tables[title], "median"))
    figure.subplots_adjust(wspace=0.9)
    return figure


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
