# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs rounds until the time is over, prints a summary, and fails if there was a problem."""

from __future__ import annotations

import argparse
import pathlib
import random
import sys
import tempfile
import time

from ansible_collections.scramjet.sth.tests.chaos.hub import real_hub
from ansible_collections.scramjet.sth.tests.chaos.operations import make_packages
from ansible_collections.scramjet.sth.tests.chaos.proxy import Proxy
from ansible_collections.scramjet.sth.tests.chaos.rounds import Report, Round
from ansible_collections.scramjet.sth.tests.integration.real_hub import VERSION


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for how long (10)")
    parser.add_argument("--seed", type=int, help="of the random numbers, to draw the same tasks and faults again")
    parser.add_argument("--first", type=int, default=1, help="the number of the first round (1)")
    parser.add_argument("--hub", type=pathlib.Path, help="folder with an installed hub, instead of 0.18.7 from npm")
    parser.add_argument("--version", default=VERSION, help="its version")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}, hub {given.version}, {given.minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="sth-chaos-") as directory:
        report = _run(pathlib.Path(directory), given, seed)
    print(*summary(report), sep="\n")
    return 1 if report.problems else 0


def _run(directory: pathlib.Path, given: argparse.Namespace, seed: int) -> Report:
    report = Report(first=given.first, rounds=given.first - 1)
    packages = directory / "packages"
    make_packages(packages)
    with (
        real_hub(directory / "hub", given.hub and given.hub.resolve(), given.version) as hub,
        Proxy(hub.port, random.Random(seed)).serving() as front,
    ):
        begun = time.monotonic()
        while time.monotonic() - begun < given.minutes * 60:
            problems = Round(f"{seed}/{report.rounds}", hub, front, packages, report).run()
            report.problems += problems
            print(*problems, f"round {report.rounds}, {time.monotonic() - begun:.0f} s", sep="\n", flush=True)
        report.harms.update({f"connections: {kind}": count for kind, count in front.harmed.items()})
    return report


def summary(report: Report) -> list[str]:
    """Return the lines of the summary."""
    harms = ", ".join(f"{count} {harm}" for harm, count in sorted(report.harms.items()))
    tasks = sorted({name for name, _code in report.tasks})
    codes = sorted({code for _name, code in report.tasks})
    return [
        "",
        f"{report.rounds - report.first + 1} rounds, {sum(report.tasks.values())} tasks.",
        f"The slowest task: {report.slowest}",
        f"Harm: {harms}.",
        f"Records that only a restart of the hub removes: {report.stuck}.",
        f"Packages that updates left behind which were cut off before their first start: {report.left}.",
        "",
        f"| task | {' | '.join(codes)} |",
        "|---" * (len(codes) + 1) + "|",
        *(f"| {name} | {' | '.join(str(report.tasks[name, code] or '') for code in codes)} |" for name in tasks),
        "",
        # The others are lines of the log of their round.
        f"{sum(item.startswith('round ') for item in report.problems)} problems.",
    ]


if __name__ == "__main__":
    sys.exit(main())
