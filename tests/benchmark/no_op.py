# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles the worker of ansible-playbook that runs a task in-process, if the task changes nothing: MODULE, such as sth_deployment."""

from __future__ import annotations

import argparse
import json
import pathlib
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible_collections.scramjet.sth.tests.benchmark.measuring import milliseconds, table, times
from ansible_collections.scramjet.sth.tests.benchmark.unchanged import OF_MANY, TASKS
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import play

# The first task of a play makes the change, and the second one still loads files. The last one is measured.
REPEATED = 5
COSTLIEST = 20
# Runs a playbook, and measures its workers.
MEASURED = pathlib.Path(__file__).with_name("measured_workers.py")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", choices=[name for name in TASKS if not name.endswith(OF_MANY)])
    module = parser.parse_args().module
    with tempfile.TemporaryDirectory(prefix="sth-profile-") as name, FakeHub(generation="1.x") as hub:
        directory = pathlib.Path(name)
        # A sequence that the tasks of instances need.
        hub_has = {"scramjet.sth.sth_sequence": {"src": TASKS["sth_sequence"]["src"]}}
        task = {f"scramjet.sth.{module}": TASKS[module]}
        debug = _last(directory, hub, {"ansible.builtin.debug": {"msg": "{{ sth_api_url }}"}})
        used = _last(directory, hub, task, hub_has)
        columns = ["task", "processor time", "to `debug`", "pages touched for the first time", "modules imported"]
        rows = [
            [name, milliseconds(found["seconds"]), times(found["seconds"], debug["seconds"]), f"{found['pages']:,}", found["modules"]]
            for name, found in {"`debug`": debug, f"`{module}`": used}.items()
        ]  # fmt: skip
        table("The worker of a task that changes nothing", columns, rows)
        _last(directory, hub, task, profile=True)
        print(f"\nThe {COSTLIEST} costliest functions, by their own time, which the profiler makes longer:")
        pstats.Stats(str(directory / "profile")).strip_dirs().sort_stats("tottime").print_stats(COSTLIEST)


def _last(directory: pathlib.Path, hub: FakeHub, *tasks: Mapping[str, Any], profile: bool = False) -> dict[str, Any]:
    """Run the tasks, the first of them repeatedly, and return what its last worker has used."""
    repeated, *before = tasks
    book = play(directory / "profile.yml", {"tasks": [*before, *[repeated] * REPEATED]})
    command = [
        sys.executable, "-P", str(MEASURED), "profile" if profile else "", str(directory),
        "-i", "localhost,", "-c", "local", "-e", f"sth_api_url={hub.api_url}", str(book),
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The play failed: {done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads((directory / "used").read_text(encoding="ascii"))
    return found


if __name__ == "__main__":
    main()
