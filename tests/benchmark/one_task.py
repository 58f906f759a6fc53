# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one task as the in-process entrance does, and prints its seconds: MODULE OPTIONS-AS-JSON."""

from __future__ import annotations

import json
import sys
import time

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.task import Run, execute
from ansible_collections.scramjet.sth.tests.benchmark.measuring import task_of

if __name__ == "__main__":
    task = task_of(sys.argv[1])
    validated = ArgumentSpecValidator(task.spec, **task.constraints).validate(json.loads(sys.argv[2]))
    begin = time.monotonic()
    result = execute(task, Run(validated.validated_parameters, False, Journal()))
    print(time.monotonic() - begin)
    sys.exit(str(result) if result.get("failed") else 0)
