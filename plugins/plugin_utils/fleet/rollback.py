# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook C(rollout) brings back after a failure, decided from the variables of several hosts. Pure.

The variables of a host have: ``deployment__planned``, the changes that the rollout would make there, and the settings in force before;
``deployment__run``, the result of its batch; and ``deployment__now``, what runs on its hub after the failure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.plan_order import missing_at_once
from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.shares import Fleet, indexes_of

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


def plan_back(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{hubs: {host: {name: options}}, left: {host: text}, stay: {host: [name]}, at_once}``.

    ``left``: why some cannot be brought back. ``stay``: the deployments that keep the replicas that the rollout has added on a host, because
    fewer than ``min_ready`` would be ready without them. ``at_once``: on how many hosts at the same time, 0 for all. A hub may have been
    lost since the plan, so what may be missing is computed from what is ready now.

    ``options`` contain no secrets: `options_before` takes the settings in force before from ``deployment__planned`` of the host. A hub
    that had the new version already before this run is brought back only if an earlier, interrupted run of the same rollout may have
    updated it: if its previous version was in force on a hub that this run changes.
    """
    hosts = {name: variables["hostvars"][name] for name in variables["ansible_play_hosts_all"]}
    ways: dict[str, dict[str, Any]] = {}
    left: dict[str, str] = {}
    stay: dict[str, list[str]] = {}
    for host, of_host in hosts.items():
        if not is_reached(of_host):
            continue
        if _running(of_host) is None:
            said = (of_host.get("deployment__now") or {}).get("msg")
            left[host] = str(said or "its hub cannot be reached: when it runs again, deploy the previous version there")
            continue
        stay[host] = _started_first(of_host)
        ways[host] = {name: _way_back(name, of_host, hosts, stays=name in stay[host]) for name in planned_of(of_host)}
    spread = {}
    for name, fleet in _fleets(hosts).items():
        found = _spread(name, fleet, hosts, ways, stay)
        if found.lasting < min(found.promised, found.ready):
            for host in found.lowered:
                stay[host].append(name)
                ways[host][name] = _way_back(name, hosts[host], hosts, stays=True)
            found = _spread(name, fleet, hosts, ways, stay)
        spread[name] = found
    hubs: dict[str, dict[str, Any]] = {host: {} for host in ways}
    for host, own in ways.items():
        for name, way in own.items():
            limited = spread[name].limited(way, host) if _starts(way) and name in spread else way
            if isinstance(limited, str):
                left[host] = f"{name}: {limited}"
            elif limited:
                hubs[host][name] = limited
    at_once = min((found.at_once for found in spread.values() if found.at_once), default=0)
    return {"hubs": hubs, "left": left, "stay": stay, "at_once": at_once}


def options_before(name: str, element: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that bring the deployment ``name`` of this host back. ``element``: its options of the rollout."""
    back, host = variables["deployment__back"], variables["inventory_hostname"]
    way = back["hubs"][host][name]
    kept = {key: value for key, value in element.items() if key in KEPT}
    if way.get("state") == "absent" or way.get("keep_config"):
        return {**kept, **way}
    settings = dict(planned_of(variables)[name]["in_force"])
    if name in back["stay"][host]:
        settings = {key: value for key, value in settings.items() if key not in ("indexes", "replicas")}
    if way["state"] == "rolled_back":
        settings.pop("sequence")
    return {**kept, **settings, **way}


def is_reached(of_host: Mapping[str, Any]) -> bool:
    """Whether the rollout has updated this host, or started missing replicas there."""
    return bool(of_host.get("deployment__run") or _started_first(of_host))


def planned_of(of_host: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what the rollout would change on a host, by deployment."""
    results = (of_host.get("deployment__planned") or {}).get("results") or ()
    return {item["deployment__name"]: item for item in results}


@dataclass(frozen=True)
class _Spread:
    """A deployment with ``min_ready`` on all hubs that answer, and what is left of it when it is brought back.

    ``ready_on``: the indexes that are ready now, by host. ``after_on``: the indexes afterwards. ``missing_on``: how many of those are not
    ready. ``complete``: whether every hub of the fleet answers.
    """

    fleet: Fleet
    ready_on: Mapping[str, frozenset[int]]
    after_on: Mapping[str, frozenset[int]]
    missing_on: Mapping[str, int]
    complete: bool

    @property
    def ready(self) -> int:
        """How many replicas are ready now. If one runs on two hubs, it counts once."""
        return len(frozenset().union(*self.ready_on.values()))

    @property
    def lasting(self) -> int:
        """How many of those are not to be removed."""
        return len(frozenset().union(*(found & self.after_on[host] for host, found in self.ready_on.items())))

    @property
    def lowered(self) -> list[str]:
        """The hosts on which ready replicas are to be removed."""
        return [host for host, found in self.ready_on.items() if not found <= self.after_on[host]]

    @property
    def promised(self) -> int:
        """``min_ready``, or the number of replicas afterwards if the rollout has raised it and no replica is missing with a lost hub."""
        least = self.fleet.min_ready or 0
        return min(least, len(frozenset().union(*self.after_on.values()))) if self.complete else least

    @property
    def at_once(self) -> int:
        """On how many hosts replicas may be replaced at the same time, 0 for all."""
        return self._missing_at_once()[1]

    def limited(self, way: dict[str, Any], host: str) -> dict[str, Any] | str:
        """Return ``way`` with the number of replicas that may be missing on this host, or why none can be replaced there."""
        most = min(self.fleet.max_unavailable, self._missing_at_once()[0] + self.missing_on[host])
        if most == 0 and self.fleet.max_surge == 0:
            return (
                f"only {self.ready} of {self.fleet.total_replicas} replicas are ready and min_ready is {self.fleet.min_ready}, so none may be stopped, "
                "and max_surge is 0: make the lost hubs reachable, and run a rollout with the previous list"
            )
        return {**way, "max_unavailable": most}

    def _missing_at_once(self) -> tuple[int, int]:
        try:
            return missing_at_once(replace(self.fleet.promise(""), min_ready=self.promised), self.lasting)
        except SthError:
            # Only what is missing already may be replaced.
            return 0, 1


def _spread(
    name: str,
    fleet: Fleet,
    hosts: Mapping[str, Mapping[str, Any]],
    ways: Mapping[str, Mapping[str, Any]],
    stay: Mapping[str, Collection[str]],
) -> _Spread:
    ready, after, missing = {}, {}, {}
    for host, of_host in hosts.items():
        running = _running(of_host)
        if running is None:
            continue
        ready[host] = indexes_of(running.values(), name, "ready_indexes")
        after[host] = indexes_of(running.values(), name)
        missing[host] = max(0, running.get(name, {}).get("wanted", 0) - len(ready[host]))
        way = ways.get(host, {}).get(name)
        if isinstance(way, dict) and name not in stay[host] and not way.get("keep_config"):
            after[host] = _indexes_before(planned_of(of_host)[name].get("in_force"))
            missing[host] = len(after[host] - ready[host])
    # A hub that was lost before the rollout is not in its last play.
    away = any((of_host.get("deployment__fleet") or {}).get("away") for of_host in hosts.values())
    return _Spread(fleet, ready, after, missing, complete=len(ready) == len(hosts) and not away)


def _indexes_before(in_force: Mapping[str, Any] | None) -> frozenset[int]:
    """Return the indexes that a deployment had on a host; none if it was not there."""
    if in_force is None:
        return frozenset()
    return frozenset(in_force["indexes"] if "indexes" in in_force else range(in_force["replicas"]))


def _fleets(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Fleet]:
    """Return the deployments that have ``min_ready``."""
    found: dict[str, Any] = {}
    for of_host in hosts.values():
        found.update((of_host.get("deployment__checked") or {}).get("fleets") or {})
    fleets = {name: Fleet(**values) for name, values in found.items()}
    return {
        name: fleet for name, fleet in fleets.items() if fleet.min_ready is not None and fleet.strategy == "rolling"
    }


def _running(of_host: Mapping[str, Any]) -> dict[str, Mapping[str, Any]] | None:
    """Return the deployments on the hub of a host, by name; None if it cannot be reached."""
    found = (of_host.get("deployment__now") or {}).get("deployments")
    return None if found is None else {item["name"]: item for item in found}


def _started_first(of_host: Mapping[str, Any]) -> list[str]:
    """Return the names of the deployments of which missing replicas were started on this host, before any was replaced."""
    results = (of_host.get("deployment__filled") or {}).get("results") or ()
    return [item["deployment__name"] for item in results]


def _starts(way: Any) -> bool:
    return isinstance(way, dict) and way["state"] != "absent"


def _refs_before(hosts: Iterable[Mapping[str, Any]], name: str) -> set[str]:
    """Return the versions of a deployment that this run has found on hubs that it changes."""
    planned = (planned_of(of_host).get(name, {}) for of_host in hosts)
    return {item["ref_before"] for item in planned if item.get("would_change") and item.get("ref_before")}


def _way_back(
    name: str, of_host: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], stays: bool
) -> dict[str, Any] | str | None:
    """Return the options that bring a deployment back, or the reason why it cannot be brought back, or None if it need not be.

    ``stays``: whether replicas that were not there before stay.
    """
    planned, running = planned_of(of_host)[name], (_running(of_host) or {}).get(name, {}).get("ref")
    target, before = planned["deployment"]["ref"], planned.get("ref_before")
    only_version = {"state": "rolled_back", "keep_config": True}
    if not planned.get("would_change"):
        previous = planned["deployment"]["previous_ref"]
        return only_version if previous in _refs_before(hosts.values(), name) and running == target else None
    if before is None and stays:
        return "no replica ran there before, so its previous version is not known: run a rollout with the previous list"
    if before is None:
        return {"state": "absent"} if running is not None else None
    if "in_force" not in planned:
        # The task ran as a module, which does not pass on secrets.
        if before == target:
            return "its previous configuration is known only where tasks run in-process (sth_entrance): deploy that configuration yourself"
        return only_version if running == target else None
    if stays and "overrides" in planned["in_force"]:
        if before == target:
            return "the previous overrides of replicas that were missing are not known: run a rollout with the previous list"
        return only_version if running == target else None
    # If the previous version runs already, rolled_back would go back one version too far.
    return {"state": "rolled_back"} if running not in (None, before) else {"state": "present", "canary": 0}
