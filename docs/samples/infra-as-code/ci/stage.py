# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flows of this repository, for pipelines and for your shell.

    python3 ci/stage.py review STAGE     write reports/STAGE.md: what would change
    python3 ci/stage.py apply STAGE      change it; reports/STAGE.md says what has changed
    python3 ci/stage.py drift STAGE      the same as review, but exit code 10 if anything would change
    python3 ci/stage.py promote FROM TO  write into this repository that TO is to run what FROM runs

Run them in the root of the repository. Exit codes: 0 success, 1 failure, 10 drift.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Only drift ends with 10. Python itself ends with 1, or with 2 if it does not find this file.
SUCCESS, FAILURE, DRIFT = 0, 1, 10
NOTHING = "# Deployment report\n\n**Nothing is released for {} yet.** Promote to it first.\n"


def playbook(name: str, stage: str, *options: str) -> bool:
    """Run a playbook on a stage; return whether it has succeeded."""
    command = ["ansible-playbook", "-i", f"inventories/{stage}", name, *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def site(stage: str, *options: str) -> tuple[bool, dict[str, object]]:
    """Run site.yml and return whether it has succeeded, and the summary of its report."""
    report = ROOT / "reports" / f"{stage}.md"
    report.parent.mkdir(exist_ok=True)
    for path in (report, report.with_suffix(".json")):
        path.unlink(missing_ok=True)
    succeeded = playbook("site.yml", stage, "-e", f"deployment_report={report}", *options)
    if not report.with_suffix(".json").exists():
        failed = f"# Deployment report\n\n**{stage} failed before anything was read.** See the output of the run.\n"
        report.write_text(NOTHING.format(stage) if succeeded else failed, encoding="utf-8")
        return succeeded, {}
    return succeeded, json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["summary"]


def main(arguments: list[str]) -> int:
    """Run one flow and return the exit code."""
    if len(arguments) == 3 and arguments[0] == "promote":
        return SUCCESS if playbook("promote.yml", arguments[1], "-e", f"promote_to={arguments[2]}") else FAILURE
    if len(arguments) != 2 or arguments[0] not in ("review", "apply", "drift"):
        print(__doc__, file=sys.stderr)
        return FAILURE
    flow, stage = arguments
    succeeded, summary = site(stage, *([] if flow == "apply" else ["--check", "--diff"]))
    if not succeeded or summary.get("failed") or summary.get("hosts_without_report"):
        return FAILURE
    return DRIFT if flow == "drift" and summary.get("changed") else SUCCESS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
