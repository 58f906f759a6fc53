# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks as a controller does: each in a process of its own, which may be killed."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import REAL
from ansible_collections.scramjet.sth.tests.chaos.operations import Operation, Options
from ansible_collections.scramjet.sth.tests.unit.running import run_task

MODULES = "ansible_collections.scramjet.sth.plugins.modules"
USED = ("sth_deployment", "sth_instance", "sth_sequence")
COMMON: Options = {
    "connect_timeout": 2.0,
    "request_timeout": 4.0,
    "request_retries": 2,
    "stable_for": 0.5,
    "wait_timeout": 20.0,
    "stop_timeout": 1.0,
    "removal_timeout": 40.0,
    "overload_timeout": 10.0,
    "run_timeout": 30.0,
}
# Ample for any of these tasks with these options (docs/failures.md#how-long-a-task-takes-at-most), on a machine that does other things.
LONGEST = 600.0
# The error code of a task that was killed, and of one that has raised an exception or was too slow.
KILLED, TRACEBACK, TOO_SLOW = "killed", "traceback", "too slow"


@dataclass(frozen=True)
class Ended:
    """How a task has ended: ``ok``, an error code or one of the codes of this module."""

    operation: Operation
    code: str
    told: str
    changed: bool
    seconds: float

    def __str__(self) -> str:
        changed = ", changed" if self.changed else ""
        return (
            f"{self.operation}: {self.code}{changed} after {self.seconds:.1f} s{': ' if self.told else ''}{self.told}"
        )


class Controller:
    """Runs one task after the other on the hub at ``api_url``."""

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url
        self._running: Any = None
        self._lock = threading.Lock()
        self._killed_by: int | None = None

    def run(self, operation: Operation) -> Ended:
        """Run a task to its end."""
        here, there = processes().Pipe(duplex=False)
        process = processes().Process(target=_act, args=(there, self._api_url, operation), daemon=True)
        begun = time.monotonic()
        with self._lock:
            self._killed_by = None
            self._running = process
            process.start()
        there.close()
        code, told, changed = TOO_SLOW, "", False
        try:
            if here.poll(LONGEST):
                code, told, changed = here.recv()
        except EOFError:
            code = KILLED if self._killed_by else TRACEBACK
            told = f"signal {self._killed_by}" if self._killed_by else "its process has ended"
        seconds = time.monotonic() - begun
        with self._lock:
            self._running = None
        process.join(5)
        process.kill()
        process.join()
        if code == TRACEBACK and self._killed_by == signal.SIGINT and "KeyboardInterrupt" in told:
            # As a person sees it who presses Ctrl-C.
            code = KILLED
        return Ended(operation, code, told, changed, seconds)

    def kill(self, number: int) -> bool:
        """Send a signal to the task that runs. Return whether there is one."""
        with self._lock:
            if self._running is None or not self._running.is_alive():
                return False
            self._killed_by = number
            os.kill(self._running.pid, number)
            return True


def _act(pipe: Any, api_url: str, operation: Operation) -> None:
    # A shell lets its background jobs, and all that they start, ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    spec = importlib.import_module(f"{MODULES}.{operation.module}").TASK.spec
    options = {name: value for name, value in COMMON.items() if name in spec}
    try:
        hub: Any = SimpleNamespace(api_url=api_url)
        result = run_task(operation.module, hub, timings=REAL, **{**options, **operation.options})
    except BaseException:
        pipe.send((TRACEBACK, traceback.format_exc(), True))
    else:
        code = result.get("error_code") or "ok"
        told = str(result.get("msg") or "")
        pipe.send((TRACEBACK if "Traceback" in told or "report this bug" in told else code, told, result["changed"]))


@cache
def processes() -> Any:
    """Return the context that makes processes in which tasks run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *(f"{MODULES}.{name}" for name in USED)])
    return context
