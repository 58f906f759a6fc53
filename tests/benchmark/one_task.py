# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one task as the in-process entrance does, and as a program prints its seconds: MODULE OPTIONS-AS-JSON."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task, execute


def run_task(module: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Run module ``module`` and return its result. Raises if it fails."""
    task: Task[Any] = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{module}").TASK
    validated = ArgumentSpecValidator(task.spec, **task.constraints).validate(dict(options))
    if validated.error_messages:
        raise RuntimeError(f"{module}: {validated.error_messages}")
    result = execute(task, Run(validated.validated_parameters, False, Journal()))
    if result.get("failed"):
        raise RuntimeError(f"{module}: {result}")
    return result


def main() -> None:
    """Run what the command line says."""
    module, options = sys.argv[1], json.loads(sys.argv[2])
    importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{module}")
    begin = time.monotonic()
    run_task(module, options)
    print(time.monotonic() - begin)


if __name__ == "__main__":
    main()
