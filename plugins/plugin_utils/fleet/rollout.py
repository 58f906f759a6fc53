# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook C(rollout) decides from the variables of several hosts: how a batch went, and what to bring back. Pure.

The variables of a host have: ``deployment__planned``, the changes that the rollout would make there, and the settings in force before;
``deployment__run``, the result of its batch; ``rollout__look``, the state afterwards; and the results of the checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.plan_order import missing_at_once
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.report import seconds_since
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.shares import Fleet, ready_replicas

# The variables with the results of the checks of a batch, and the name of each check in a failure.
CHECKS = {
    "rollout__page": "The check of the URL",
    "rollout__answer": "The check by an event",
    "rollout__end_of_job": "The job",
}
# How many times to look at a batch while it is held.
LOOKS = 10
# Options of an element that also apply when its deployment is brought back. A hub does not report limits and start_options.
KEPT = (
    "strategy", "max_surge", "max_unavailable", "keep_versions", "on_failure", "secret_keys", "limits", "start_options", "wait_for",
    "ready_event", "failure_event", "wait_timeout", "stable_for", "overload_timeout", "start_attempts", "max_parallel", "stop_timeout",
    "can_keepalive",
)  # fmt: skip


def refuse_no_way_back(name: str, options: Mapping[str, Any]) -> None:
    """Raise ``INVALID_OPTION`` for a deployment that could not be brought back."""
    why = None
    if str(options.get("keep_versions")) == "0":
        why = "keep_versions is 0, so its previous version would be removed"
    elif options.get("state") == "absent":
        why = "state is absent, so its versions would be removed"
    if why:
        raise SthError(
            "INVALID_OPTION",
            f"Deployment {name}: {why} and nothing could be brought back: change it, or set sth_rollout_on_failure: stop.",
        )


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
    pending = any(item.get("would_change") for of_host in everybody for item in _planned(of_host).values())
    failures = {name: found for name, of_host in hosts.items() if (found := _failure(of_host))}
    return {"failures": failures, "steps": steps, "unfinished": changed or pending or left > 0}


def all_failures(variables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return why the rollout was stopped, by host, as `batch_state` does; {} if it was not."""
    failures: dict[str, dict[str, Any]] = {}
    for name in variables["ansible_play_hosts_all"]:
        failures.update((variables["hostvars"][name].get("rollout__batch") or {}).get("failures") or {})
    return failures


def plan_back(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{hubs: {host: {name: options}}, left: {host: text}, at_once}``: what to bring back, and why some cannot be brought back.

    ``at_once``: on how many hosts at the same time, 0 for all. A hub may have been lost since the plan, so what may be missing is computed
    from what is ready now.

    ``options`` contain no secrets: `options_before` takes the settings in force before from ``deployment__planned`` of the host. A hub
    that had the new version already before this run is brought back only if an earlier, interrupted run of the same rollout may have
    updated it: if its previous version was in force on a hub that this run changes.
    """
    hosts = {name: variables["hostvars"][name] for name in variables["ansible_play_hosts_all"]}
    reached = {name: of_host for name, of_host in hosts.items() if _is_reached(of_host)}
    limits = _limits_now(hosts)
    hubs: dict[str, dict[str, Any]] = {}
    left: dict[str, str] = {}
    for host, of_host in reached.items():
        now = of_host.get("deployment__now") or {}
        if "deployments" not in now:
            left[host] = str(
                now.get("msg") or "its hub cannot be reached: when it runs again, deploy the previous version there"
            )
            continue
        running = {item["name"]: item for item in now["deployments"]}
        hubs[host] = {}
        for name, planned in _planned(of_host).items():
            found = running.get(name, {})
            own = _way_back(
                planned, found.get("ref"), _refs_before(hosts.values(), name), name in _started_first(of_host)
            )
            if isinstance(own, dict) and own["state"] != "absent" and name in limits:
                own = limits[name].applied(own, found)
            if isinstance(own, str):
                left[host] = f"{name}: {own}"
            elif own:
                hubs[host][name] = own
    at_once = min((item.at_once for item in limits.values() if item.at_once), default=0)
    return {"hubs": hubs, "left": left, "at_once": at_once}


def options_before(name: str, element: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that bring the deployment ``name`` of this host back. ``element``: its options of the rollout."""
    way = variables["deployment__back"]["hubs"][variables["inventory_hostname"]][name]
    kept = {key: value for key, value in element.items() if key in KEPT}
    if way.get("state") == "absent" or way.get("keep_config"):
        return {**kept, **way}
    settings = dict(_planned(variables)[name]["in_force"])
    if name in _started_first(variables):
        # Replicas that were missing before count for min_ready now, so they stay.
        settings.pop("indexes", None)
    if way["state"] == "rolled_back":
        settings.pop("sequence")
    return {**kept, **settings, **way}


def failure(variables: Mapping[str, Any], on_failure: str) -> dict[str, Any]:
    """Return the result of a task that fails and says why the rollout has failed, and what runs now."""
    failures = all_failures(variables)
    said = [f"{host}: {found['msg']}" for host, found in failures.items()]
    hosts = {name: variables["hostvars"][name] for name in variables["ansible_play_hosts_all"]}
    reached = [name for name, of_host in hosts.items() if _is_reached(of_host)]
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
        said += [f"Not brought back: {host}, {text}" for host, text in failed.items()]
    codes = filter(None, (found["error_code"] for found in failures.values()))
    return {
        "changed": False,
        "failed": True,
        "msg": " ".join(text if text.endswith(".") else f"{text}." for text in said),
        "error_code": next(codes, "HUB_ERROR"),
    }


@dataclass(frozen=True)
class _Limits:
    """How many replicas of a spread deployment may be missing on each hub, besides those that are missing already, and on how many hubs."""

    fleet: Fleet
    ready: int
    on_each: int
    at_once: int

    def applied(self, way: dict[str, Any], found: Mapping[str, Any]) -> dict[str, Any] | str:
        """Return ``way`` with this limit for one hub, or why nothing can be replaced there. ``found``: the deployment on the hub."""
        missing = max(0, found.get("wanted", 0) - found.get("ready", 0))
        most = min(self.fleet.max_unavailable, self.on_each + missing)
        if most == 0 and self.fleet.max_surge == 0:
            return (
                f"only {self.ready} of {self.fleet.total_replicas} replicas are ready and min_ready is {self.fleet.min_ready}, so none may be stopped, "
                "and max_surge is 0: make the lost hubs reachable, and run a rollout with the previous list"
            )
        return {**way, "max_unavailable": most}


def _limits_now(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, _Limits]:
    """Return the limits of each deployment that has ``min_ready``, from what the hosts have found now."""
    seen = [(of_host.get("deployment__now") or {}).get("deployments") for of_host in hosts.values()]
    fleets: dict[str, Any] = {}
    for of_host in hosts.values():
        fleets.update((of_host.get("deployment__checked") or {}).get("fleets") or {})
    limits = {}
    for name, values in fleets.items():
        fleet = Fleet(**values)
        if fleet.min_ready is not None and fleet.strategy == "rolling":
            ready = ready_replicas(name, seen)
            try:
                limits[name] = _Limits(fleet, ready, *missing_at_once(fleet.promise(name), ready))
            except SthError:
                # Only what is missing already may be replaced.
                limits[name] = _Limits(fleet, ready, 0, 1)
    return limits


def _is_reached(of_host: Mapping[str, Any]) -> bool:
    """Whether the rollout has updated this host, or started missing replicas there."""
    return bool(of_host.get("deployment__run") or _started_first(of_host))


def _started_first(of_host: Mapping[str, Any]) -> set[str]:
    """Return the names of the deployments of which missing replicas were started on this host, before any was replaced."""
    results = (of_host.get("deployment__filled") or {}).get("results") or ()
    return {item["deployment__name"] for item in results}


def _planned(of_host: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    results = (of_host.get("deployment__planned") or {}).get("results") or ()
    return {item["deployment__name"]: item for item in results}


def _refs_before(hosts: Iterable[Mapping[str, Any]], name: str) -> set[str]:
    """Return the versions of a deployment that this run has found on hubs that it changes."""
    planned = (_planned(of_host).get(name, {}) for of_host in hosts)
    return {item["ref_before"] for item in planned if item.get("would_change") and item.get("ref_before")}


def _way_back(
    planned: Mapping[str, Any], running: str | None, refs_before: set[str], filled: bool
) -> dict[str, Any] | str | None:
    """Return the options that bring a deployment back, or the reason why it cannot be brought back, or None if it need not be.

    ``filled``: whether missing replicas were started before the update.
    """
    target, before = planned["deployment"]["ref"], planned.get("ref_before")
    only_version = {"state": "rolled_back", "keep_config": True}
    if not planned.get("would_change"):
        previous = planned["deployment"]["previous_ref"]
        return only_version if previous in refs_before and running == target else None
    if before is None and filled:
        return "no replica ran there before, so its previous version is not known: run a rollout with the previous list"
    if before is None:
        return {"state": "absent"} if running is not None else None
    if "in_force" not in planned:
        # The task ran as a module, which does not pass on secrets.
        if before == target:
            return "its previous configuration is known only where tasks run in-process (sth_entrance): deploy that configuration yourself"
        return only_version if running == target else None
    if filled and "overrides" in planned["in_force"]:
        if before == target:
            return "the previous overrides of replicas that were missing are not known: run a rollout with the previous list"
        return only_version if running == target else None
    # If the previous version runs already, rolled_back would go back one version too far.
    return {"state": "rolled_back"} if running not in (None, before) else {"state": "present", "canary": 0}


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
