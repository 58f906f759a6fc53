# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a batch of the playbook C(rollout) went, and how the rollout has ended, from the variables of several hosts. Pure.

The variables of a host have: ``deployment__planned``, the changes that the rollout would make there, and the settings in force before;
``deployment__run``, the result of its batch; ``rollout__look``, the state afterwards; and the results of the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.report import seconds_since
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.rollback import is_reached, planned_of

# The variables with the results of the checks of a batch, and the name of each check in a failure.
CHECKS = {
    "rollout__page": "The check of the URL",
    "rollout__answer": "The check by an event",
    "rollout__end_of_job": "The job",
}
# How many times to look at a batch while it is held.
LOOKS = 10


def batch_state(variables: Mapping[str, Any], soak_time: int, now: datetime) -> dict[str, Any]:
    """Return ``{failures: {host: {msg, error_code}}, steps: [seconds], unfinished}`` of the hosts of this batch.

    ``steps``: how long to hold the batch, with a look at the hubs after each step. For replicas that an earlier run has started, the time
    since their start counts. ``unfinished``: whether the rollout changes anything, so that the checks have to run. ``now`` has a time zone.
    """
    hosts = {name: variables["hostvars"][name] for name in variables["ansible_play_batch"]}
    changed = any((of_host.get("deployment__run") or {}).get("changed") for of_host in hosts.values())
    left = soak_time if changed else max((_soak_left(of_host, soak_time, now) for of_host in hosts.values()), default=0)
    number = min(LOOKS, left)
    steps = [left * (step + 1) // number - left * step // number for step in range(number)]
    everybody = (variables["hostvars"][name] for name in variables["ansible_play_hosts_all"])
    pending = any(item.get("would_change") for of_host in everybody for item in planned_of(of_host).values())
    failures = {name: found for name, of_host in hosts.items() if (found := _failure(of_host))}
    return {"failures": failures, "steps": steps, "unfinished": changed or pending or left > 0}


def all_failures(variables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return why the rollout was stopped, by host, as `batch_state` does; {} if it was not."""
    failures: dict[str, dict[str, Any]] = {}
    for name in variables["ansible_play_hosts_all"]:
        failures.update((variables["hostvars"][name].get("rollout__batch") or {}).get("failures") or {})
    return failures


def failure(variables: Mapping[str, Any], on_failure: str) -> dict[str, Any]:
    """Return the result of a task that fails and says why the rollout has failed, and what runs now."""
    failures = all_failures(variables)
    said = [f"{host}: {found['msg']}" for host, found in failures.items()]
    hosts = {name: variables["hostvars"][name] for name in variables["ansible_play_hosts_all"]}
    reached = [name for name, of_host in hosts.items() if is_reached(of_host)]
    if on_failure == "stop":
        said.append(
            f"The rollout was stopped, and {', '.join(reached)} stay as they are (sth_rollout_on_failure: stop)"
        )
    else:
        plan: Mapping[str, Any] = next(filter(None, (hosts[name].get("deployment__back") for name in reached)), {})
        failed = dict(plan.get("left", {}))
        for host in reached:
            found = _task_failure(hosts[host].get("deployment__gone_back") or {})
            if found:
                failed[host] = found["msg"]
        back = [host for host in reached if host not in failed and plan.get("hubs", {}).get(host)]
        said.append(f"The rollout was stopped. Brought back to what ran before: {', '.join(back) or 'no hub'}")
        stay = [host for host in back if plan.get("stay", {}).get(host)]
        if stay:
            said.append(
                f"Replicas that were added on {', '.join(stay)} stay, because fewer than min_ready would be ready without them"
            )
        said += [f"Not brought back: {host}, {text}" for host, text in failed.items()]
    codes = filter(None, (found["error_code"] for found in failures.values()))
    return {
        "changed": False,
        "failed": True,
        "msg": " ".join(text if text.endswith(".") else f"{text}." for text in said),
        "error_code": next(codes, "HUB_ERROR"),
    }


def _failure(of_host: Mapping[str, Any]) -> dict[str, Any] | None:
    run, look = of_host.get("deployment__run") or {}, of_host.get("rollout__look") or {}
    failed = _task_failure(run)
    if failed is None and look and not look.get("skipped"):
        failed = _not_ready(run, look)
    for name, title in CHECKS.items():
        found = _task_failure(of_host.get(name) or {})
        if failed is None and found:
            failed = {**found, "msg": f"{title} has failed: {found['msg']}"}
    return failed


def _task_failure(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``{msg, error_code}`` of a task or loop; None if it has not failed."""
    items = [item for item in result.get("results") or () if item.get("failed") or item.get("unreachable")]
    if not (items or result.get("failed") or result.get("unreachable")):
        return None
    found = items or [result]
    codes = filter(None, (item.get("error_code") for item in found))
    return {
        "msg": " ".join(str(item.get("msg") or "It has failed.") for item in found),
        "error_code": next(codes, None),
    }


def _not_ready(run: Mapping[str, Any], look: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``{msg, error_code}`` for replicas that are not ready any more; None if all are."""
    if "deployments" not in look:
        unreachable = "The hub cannot be reached: check sth_api_url, and that the hub runs."
        return {"msg": str(look.get("msg") or unreachable), "error_code": look.get("error_code")}
    ready = {item["name"]: item["ready"] for item in look["deployments"]}
    for item in run.get("results") or ():
        name, wanted = item["deployment__name"], item["deployment"]["replicas"]
        if ready.get(name, 0) < wanted:
            text = f"Deployment {name}: {ready.get(name, 0)} of {wanted} replicas are still ready: see the logs of the others."
            return {"msg": text, "error_code": "ENDED_EARLY"}
    return None


def _soak_left(of_host: Mapping[str, Any], soak_time: int, now: datetime) -> int:
    """Return for how many more seconds to hold a host that did not change. The clock of its hub may differ, so limit the result."""
    started = [item["newest"] for item in (of_host.get("rollout__look") or {}).get("deployments") or ()]
    ages = [age for text in started if (age := seconds_since(text, now)) is not None]
    return min(soak_time, max(0, soak_time - int(min(ages)))) if ages else 0
