# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook, and measures its workers: "profile" or "", a directory for what is found, the arguments of ansible-playbook.

It imports nothing of this collection, because ansible-core must be the first to load it.
"""

from __future__ import annotations

import cProfile
import json
import os
import pathlib
import resource
import sys
from unittest import mock

from ansible.cli.playbook import main as ansible_playbook
from ansible.executor.process.worker import WorkerProcess


def main(how: str, directory: str, *arguments: str) -> None:
    """Run it. The last worker writes ``used`` (JSON) and ``profile`` (for `pstats`)."""
    run = WorkerProcess.run

    def measured(worker: WorkerProcess) -> None:
        before, modules = resource.getrusage(resource.RUSAGE_SELF), len(sys.modules)
        profile = cProfile.Profile()
        try:
            profile.runcall(run, worker) if how else run(worker)
        finally:
            after = resource.getrusage(resource.RUSAGE_SELF)
            used = {
                "seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                "pages": after.ru_minflt - before.ru_minflt,
                "modules": len(sys.modules) - modules,
            }
            # Each worker replaces the files of the one before. ansible-playbook may end the last one before it has written them.
            pathlib.Path(directory, "used.new").write_text(json.dumps(used), encoding="ascii")
            os.replace(os.path.join(directory, "used.new"), os.path.join(directory, "used"))
            if how:
                profile.dump_stats(os.path.join(directory, "profile.new"))
                os.replace(os.path.join(directory, "profile.new"), os.path.join(directory, "profile"))

    with mock.patch.object(WorkerProcess, "run", measured):
        ansible_playbook(["ansible-playbook", *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
