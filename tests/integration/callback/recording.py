# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the result of each task of the collection to the file in ``STH_TEST_RECORD``, if that is set: one JSON object on each line."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: recording
type: aggregate
short_description: Records results
description: Records what tasks of the collection return.
"""


class CallbackModule(CallbackBase):
    """Records each result, and for loops the result of each item."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recording"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, outcome: str, result: Any) -> None:
        # Before ansible-core 2.19, these attributes are private.
        task = getattr(result, "task", None) or result._task
        returned = dict(getattr(result, "result", None) or result._result)
        path = os.environ.get("STH_TEST_RECORD")
        if not path or not str(task.action).startswith("scramjet.sth.") or "results" in returned:
            return
        with open(path, "a", encoding="utf-8") as file:
            json.dump({"task": task.get_name(), "outcome": outcome, "result": returned}, file, default=str)
            file.write("\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record("failed", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._record("failed", result)
