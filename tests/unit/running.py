# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's task against a hub, as both entrances do."""

from __future__ import annotations

import ctypes
import importlib
import os
import pathlib
import resource
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.machinery import PathFinder
from typing import Any, Callable

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import AnyOptions, read_options
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Pauses, Timings
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Journal
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import Spec
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import execute
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound, pace

PACKAGES = pathlib.Path(__file__).resolve().parents[1] / "integration" / "packages"
# For tests that start a Python of their own.
NEEDS_ITS_PATH = pytest.mark.skipif(
    PathFinder.find_spec("ansible_collections") is None,
    reason="another process does not find the collection as ansible-test provides it",
)
# What ansible-core documents of every module; the last is between a task and its action plugin.
_OF_EVERY_TASK = ("changed", "failed", "msg", "diff", "_prediction")
# Short enough for a simulated hub, long enough for a busy machine.
QUICK = {"request_timeout": 10.0, "connect_timeout": 5.0, "request_retries": 1}
# Of a simulated hub, which is quicker than a real one. What bounds a wait for something that must come is ample here too.
HASTY = Timings(
    looks=Pauses(0.02, 0.2),
    close_looks=Pauses(0.02, 0.1),
    look_every=0.1,
    lost_looks=Pauses(0.06, 0.4),
    deletes=Pauses(0.1, 0.2),
    starts=Pauses(0.2, 2.0, 0.5),
    single_get=2.0 * pace(),
    empty_write=0.3,
    reconnects=Pauses(0.05, 0.4),
    gateway_tries=Pauses(0.1, 0.4),
    gateway_waits=0.2,
    lost_start_shows=1.0 * pace(),
    lost_upload_settles=1.0 * pace(),
    health_is_asked=0.5,
    heartbeats=1.0 * pace(),
    between_heartbeats=0.15,
    kill_grace=3.0 * pace(),
    stop_grace=3.0 * pace(),
    lingers_at_least=0.6,
    reconnect=2.0,
    silence=1.0 * pace(),
    others_show=0.3,
    health_turn=0.3,
)


def validated(kind: type[AnyOptions], spec: Spec, **given: Any) -> AnyOptions:
    """Return ``given`` as a task gets them, with the defaults of ``spec``."""
    result = ArgumentSpecValidator(spec).validate(given)
    assert not result.error_messages, result.error_messages
    return read_options(kind, result.validated_parameters)


def run_task(
    module: str,
    hub: FakeHub,
    check: bool = False,
    tell: Callable[[str], None] = lambda line: None,
    timings: Timings = HASTY,
    **options: Any,
) -> dict[str, Any]:
    """Run module ``module`` with ``options`` on ``hub`` and return its result. ``tell`` gets the lines that -v shows.

    ``timings``: those of the task's own client.
    """
    task = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{module}").TASK
    connection = {"api_url": hub.api_url, **QUICK} if task.talks_to_hub else {}
    validated = ArgumentSpecValidator(task.spec, **task.constraints).validate({**connection, **options})
    assert not validated.error_messages, validated.error_messages
    open_hub = partial(HubClient, timings=timings)
    run = Run(validated.validated_parameters, check, Journal(tell), open_hub=open_hub)
    result = execute(task, run)
    undocumented = {*result} - {*_returned(module), *_OF_EVERY_TASK}
    assert not undocumented, f"not in RETURN of {module}: {undocumented}"
    result["warnings"] = run.warnings
    return result


def when(so: Callable[[], Any], do: Callable[[], Any]) -> None:
    """Call ``do`` in a thread as soon as ``so`` holds."""

    def wait() -> None:
        end = time.monotonic() + bound(20)
        while not so():
            if time.monotonic() > end:
                return
            time.sleep(0.01)
        do()

    threading.Thread(target=wait, daemon=True).start()


def when_asked(hub: FakeHub, path: str, do: Callable[[], Any]) -> None:
    """Call ``do`` in a thread as soon as ``hub`` has got another request whose path ends with ``path``."""
    before = len(hub.requests)
    when(lambda: any(item.path.endswith(path) for item in hub.requests[before:]), do)


def keep_ended(hub: FakeHub) -> None:
    """Let ``hub`` list ended instances for the whole test, as a real 1.x hub does for minutes."""
    hub.state.timings = replace(hub.state.timings, extension=60.0)


def throw(hub: FakeHub, instance: str, message: str = "boom later") -> None:
    """Let a program fail now."""
    with hub.state.lock:
        program = hub.state.instances[instance]
        program.log("ERROR", "Sequence error:", [f"Error: {message}"])
        program.crash(23, "Sequence failed during execution")


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let no file become larger than ``size`` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Let permissions of files hold for this thread, although root is above them."""
    libc, version = ctypes.CDLL(None, use_errno=True), (ctypes.c_uint32 * 2)(0x20080522, 0)
    # Effective, permitted and inheritable capabilities 0 to 31, then 32 to 63.
    capabilities = (ctypes.c_uint32 * 6)()
    assert libc.capget(version, capabilities) == 0, os.strerror(ctypes.get_errno())
    effective = capabilities[0]
    # Without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
    capabilities[0] &= ~0b110
    assert libc.capset(version, capabilities) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        capabilities[0] = effective
        assert libc.capset(version, capabilities) == 0, os.strerror(ctypes.get_errno())


@cache
def _returned(module: str) -> Mapping[str, Any]:
    """Return the RETURN documentation of a module."""
    source = importlib.import_module(f"ansible_collections.scramjet.sth.plugins.modules.{module}")
    documented: Mapping[str, Any] = yaml.safe_load(source.RETURN)
    return documented


@dataclass
class FourTimes:
    """The results of one transition: check mode, real, again, again in check mode."""

    check: dict[str, Any]
    real: dict[str, Any]
    again: dict[str, Any]
    check_again: dict[str, Any]


def four_times(module: str, hub: FakeHub, **options: Any) -> FourTimes:
    """Run a transition four times; check mode may not write, and must agree with the real run."""
    before = len(hub.writes)
    check = run_task(module, hub, check=True, **options)
    assert len(hub.writes) == before, f"written in check mode: {hub.writes[before:]}"
    real = run_task(module, hub, **options)
    again = run_task(module, hub, **options)
    before = len(hub.writes)
    check_again = run_task(module, hub, check=True, **options)
    assert len(hub.writes) == before, f"written in check mode: {hub.writes[before:]}"
    for one, other in ((check, real), (again, check_again)):
        assert one.get("failed") == other.get("failed"), (one, other)
        assert one["changed"] == other["changed"], (one, other)
        assert one.get("diff") == other.get("diff"), (one.get("diff"), other.get("diff"))
        assert planned(one) == planned(other), (planned(one), planned(other))
    assert not again["changed"], again
    assert not [*check["warnings"], *real["warnings"], *again["warnings"]]
    return FourTimes(check, real, again, check_again)


def planned(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the planned actions, without compensations."""
    return [(item["action"], item["object"]) for item in result["actions"] if item["reason"] != "compensation"]


def working_threads(*beginnings: str) -> list[str]:
    """Return the names, with one of these ``beginnings``, of the threads of this process whose work goes on.

    Python lists a thread for a moment after its work is over, and after `join` of ours has returned.
    """
    return [thread.name for thread in threading.enumerate() if thread.is_alive() and thread.name.startswith(beginnings)]
