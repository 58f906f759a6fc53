# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spreads a deployment of the role C(deployment) over the hosts of a play.

Each host reads what runs on its hub. From the results, one task of the play computes the shares of all hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, Literal

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import DeploymentOptions, Strategy
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.plan_order import (
    Promise,
    check_promise,
    missing_at_once,
    waits_for_missing,
)
from ansible_collections.scramjet.sth.plugins.module_utils.fleet.plan_shares import Member, Spread, plan_shares
from ansible_collections.scramjet.sth.plugins.module_utils.model.index_ranges import ranges_of
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import Spec

# Options of an element of ``deployment_list`` that are not options of the module.
FLEET: Spec = {
    "total_replicas": {"type": "int"},
    "spread": {"type": "str", "choices": ["even", "weighted", "by_load"], "default": "even"},
    "on_unreachable": {"type": "str", "choices": ["fail", "reassign"], "default": "fail"},
    "min_ready": {"type": "int"},
}
# The error codes for a hub that cannot be reached. After any other failure, the hub may be running.
AWAY = ("UNREACHABLE", "TIMEOUT")


@dataclass(frozen=True)
class Fleet:
    """How a deployment is spread over the hubs of a play."""

    total_replicas: int
    spread: Spread
    on_unreachable: Literal["fail", "reassign"]
    min_ready: int | None
    strategy: Strategy
    max_surge: int
    max_unavailable: int

    def promise(self, name: str) -> Promise:
        """Return the limits that an update of the deployment ``name`` must respect."""
        return Promise(name, self.total_replicas, self.min_ready, self.strategy, self.max_surge, self.max_unavailable)


def read_fleet(given: Mapping[str, Any], options: DeploymentOptions) -> Fleet | None:
    """Return how a deployment is spread; None if it is not spread, or is to be removed. Raises ``INVALID_OPTION``.

    ``given``: the options of its element. ``options``: the validated options of the module.
    """
    own = {name: given[name] for name in FLEET if name in given}
    validated = ArgumentSpecValidator(FLEET).validate(own)
    if validated.error_messages:
        raise SthError("INVALID_OPTION", validated.errors[0].msg)
    values = validated.validated_parameters
    total = values["total_replicas"]
    if total is None:
        if own:
            raise SthError("INVALID_OPTION", f"{', '.join(own)} can be used only with total_replicas: set it too.")
        return None
    if total < 0:
        raise SthError("INVALID_OPTION", "total_replicas must not be negative.")
    for name in ("replicas", "indexes", "canary", "take_over"):
        if getattr(options, name):
            raise SthError(
                "INVALID_OPTION",
                f"{name} cannot be used with total_replicas, which counts the replicas of all hubs: leave out one of them.",
            )
    fleet = Fleet(
        **values, strategy=options.strategy, max_surge=options.max_surge, max_unavailable=options.max_unavailable
    )
    check_promise(fleet.promise(options.name))
    return None if options.state == "absent" else fleet


def shares(variables: Mapping[str, Any], only_looks: bool = False) -> dict[str, Any]:
    """Compute the shares of all hosts of the play. ``only_looks``: nothing will be changed, so it is not a failure if a hub does not answer.

    Returns ``{hubs: {host: {name: {indexes, held, surplus, lacks, max_unavailable}}}, away: [host], at_once, surplus, lacks, warnings}``.
    ``indexes``: the replicas that the host shall have. ``held``: the replicas that it has now. ``surplus`` of a host: whether it has any
    that it shall not have; ``surplus`` of the result: whether any host has. ``lacks``, in the same way: whether missing replicas are started
    first, because until then none may be stopped on any host. ``at_once``: on how many hosts replicas may be replaced at the same time,
    0 for all. This and ``max_unavailable`` are for the time after that. Raises ``INVALID_OPTION`` and ``UNREACHABLE``.
    """
    _refuse_part_of_fleet(variables)
    hosts = {name: variables["hostvars"][name] for name in variables["ansible_play_hosts_all"]}
    seen = _what_runs(hosts, only_looks)
    fleets = _common_fleets(hosts)
    away = [name for name, found in seen.items() if found is None]
    hubs: dict[str, dict[str, Any]] = {name: {} for name in hosts}
    at_once, surplus, lacks = 0, False, False
    # Missing replicas are started once. If too few are ready even after that, `missing_at_once` refuses.
    were_started = any((item.get("deployment__filled") or {}).get("results") for item in hosts.values())
    for name, fleet in fleets.items():
        if away and fleet.on_unreachable == "fail" and not only_looks:
            raise SthError(
                "UNREACHABLE",
                f"Deployment {name}: no answer from {', '.join(away)}, so nothing was changed. Make them reachable, or set on_unreachable: "
                "reassign to run their replicas on the other hubs.",
            )
        held = {host: indexes_of(found, name) for host, found in seen.items() if found is not None}
        if not held and only_looks:
            continue
        if not held:
            raise SthError(
                "UNREACHABLE",
                f"Deployment {name}: no hub of the play answers, so nothing was changed. Check their addresses, and that the hubs run.",
            )
        members = [Member(host, indexes, _weight(hosts[host], fleet.spread)) for host, indexes in held.items()]
        planned = plan_shares(members, fleet.total_replicas, fleet.spread)
        # If a replica runs on two hubs, it counts once.
        ready = len(frozenset().union(*(indexes_of(found or (), name, "ready_indexes") for found in seen.values())))
        waits = not were_started and waits_for_missing(fleet.promise(name), ready)
        missing, hubs_at_once = missing_at_once(fleet.promise(name), fleet.total_replicas if waits else ready)
        at_once = min(filter(None, (at_once, hubs_at_once)), default=0)
        for host, indexes in planned.items():
            hubs[host][name] = {
                "indexes": list(indexes),
                "held": sorted(held[host]),
                "surplus": not held[host] <= set(indexes),
                "lacks": waits and _ready_on(seen[host], name) < len({*indexes, *held[host]}),
                "max_unavailable": missing,
            }
            surplus, lacks = surplus or hubs[host][name]["surplus"], lacks or hubs[host][name]["lacks"]
    gone = f"No answer from {', '.join(away)}: the other hubs run the replicas that belong there."
    return {
        "hubs": hubs,
        "away": away,
        "at_once": at_once,
        "surplus": surplus,
        "lacks": lacks,
        **({"warnings": [gone]} if away and fleets and not only_looks else {}),
    }


def indexes_of(
    deployments: Iterable[Mapping[str, Any]], name: str, key: Literal["indexes", "ready_indexes"] = "indexes"
) -> frozenset[int]:
    """Return the indexes that a hub has of the deployment ``name``, or those that are ready there."""
    texts = [item[key] for item in deployments if item["name"] == name]
    return frozenset(chain.from_iterable(chain.from_iterable(ranges_of(text) or () for text in texts)))


def share_of(name: str, variables: Mapping[str, Any], last: bool) -> dict[str, Any]:
    """Return the options that give this host its share of the deployment ``name``; none if it is not spread.

    ``last``: every other hub has its share, so the replicas that moved there end on this host. Until then, this host keeps them.
    """
    share = _shares_of(variables).get(name)
    if share is None:
        return {}
    indexes = share["indexes"] if last else sorted({*share["indexes"], *share["held"]})
    return {"indexes": indexes, "max_unavailable": share["max_unavailable"]}


def all_have_theirs(variables: Mapping[str, Any]) -> bool:
    """Whether the replicas of every hub that answers are in the wanted state, so that other hubs may end theirs."""
    hosts, fleet = variables["hostvars"], variables["deployment__fleet"]
    runs = (hosts[name].get("deployment__run") for name in fleet["hubs"] if name not in fleet["away"])
    return all("results" in (run or {}) and not run.get("failed") for run in runs)


def both_results(earlier: Mapping[str, Any], last: dict[str, Any], name: str) -> dict[str, Any]:
    """Combine the results of the two tasks that give a host its share. ``earlier``: the result of the loop with the first one."""
    first = next((item for item in earlier.get("results", ()) if item.get("deployment__name") == name), None)
    if first is None or "instances" not in last:
        return last
    acted = {item["id"]: item for item in first.get("instances", ()) if item["was"] in ("started", "replaced")}
    return {
        **last,
        "changed": bool(first["changed"] or last["changed"]),
        "actions": [*first["actions"], *last["actions"]],
        "instances": [item if item["was"] != "kept" else acted.get(item["id"], item) for item in last["instances"]],
    }


def refuse_strategy(task: Any) -> None:
    """Refuse a strategy with which a host does not wait for the others."""
    strategy = str(task.get_play().strategy)
    if strategy.endswith(("free", "host_pinned")):
        raise SthError(
            "INVALID_OPTION",
            f"total_replicas needs all hosts of the play at once: use the strategy linear instead of {strategy}.",
        )


def refuse_turn(name: str, turns: str, failed: Iterable[Mapping[str, Any]]) -> None:
    """Refuse the update of a hub after another hub has failed in its turn, with fewer ready replicas than planned. Raises ``CONFLICT``.

    ``turns``: the id of the turns of this run. ``failed``: what hubs have noted, ``{turns, name, host}``, the oldest first.
    """
    first = next((item for item in failed if item["turns"] == turns and item["name"] == name), None)
    if first is not None:
        raise SthError(
            "CONFLICT",
            f"Deployment {name}: nothing was changed on this hub, because {first['host']} has failed before, and fewer than min_ready replicas "
            f"could be ready: see the failure of {first['host']}, and run the playbook again.",
        )


def _refuse_part_of_fleet(variables: Mapping[str, Any]) -> None:
    limit = variables.get("ansible_limit")
    if limit:
        raise SthError(
            "INVALID_OPTION",
            f"total_replicas counts the replicas of all hosts of the play, and --limit {limit} leaves some out: run without a limit. To leave a "
            "hub out for good, set its deployment_weight to 0 with spread: weighted.",
        )


def _what_runs(hosts: Mapping[str, Mapping[str, Any]], only_looks: bool) -> dict[str, Any]:
    """Return what each host has found on its hub; None for a hub that cannot be reached."""
    found: dict[str, Any] = {}
    for name, variables in hosts.items():
        seen = variables.get("deployment__seen")
        if not seen:
            raise SthError(
                "INVALID_OPTION",
                f"total_replicas needs all hosts of the play at once, and {name} has not looked at its hub yet, or has failed before: run without "
                "serial.",
            )
        away = seen.get("unreachable") or seen.get("error_code") in AWAY
        if "deployments" not in seen and not away and not only_looks:
            # The hub may still run its replicas, so other hubs must not get them.
            raise SthError(seen.get("error_code") or "LOCAL_ERROR", f"{name}: {seen.get('msg') or 'it has failed.'}")
        found[name] = None if away else seen.get("deployments")
    return found


def _common_fleets(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Fleet]:
    names = [item.name for item in fields(Fleet)]
    first: dict[str, Any] = {}
    for number, (host, variables) in enumerate(hosts.items()):
        checked = variables["deployment__checked"]["fleets"]
        first = first if number else checked
        for name in {*first, *checked}:
            differing = [key for key in names if first.get(name, {}).get(key) != checked.get(name, {}).get(key)]
            if differing:
                raise SthError(
                    "INVALID_OPTION",
                    f"Deployment {name}: {', '.join(differing)} must be the same on all hosts of the play, and {host} has another value.",
                )
    return {name: Fleet(**values) for name, values in first.items()}


def _ready_on(deployments: Iterable[Mapping[str, Any]] | None, name: str) -> int:
    """Return how many replicas of a deployment are ready on one hub."""
    return sum(item["ready"] for item in deployments or () if item["name"] == name)


def _weight(variables: Mapping[str, Any], spread: Spread) -> float:
    """Return the weight of a host, or how much memory is free on its hub."""
    if spread == "even":
        return 1
    if spread == "by_load":
        load = (variables.get("deployment__load") or {}).get("load")
        if load is None:
            raise SthError(
                "INVALID_OPTION",
                f"The free memory on the hub of {variables['inventory_hostname']} is not known, and spread: by_load needs it: use another spread.",
            )
        return float(load["memFree"])
    given = variables.get("deployment_weight")
    try:
        weight = 1.0 if given in (None, "") else float(str(given))
    except ValueError:
        weight = -1.0
    if not 0 <= weight < float("inf"):
        raise SthError(
            "INVALID_OPTION", f"deployment_weight of {variables['inventory_hostname']} must be a number from 0 on."
        )
    return weight


def _shares_of(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    fleet = variables.get("deployment__fleet") or {}
    found: Mapping[str, Any] = fleet.get("hubs", {}).get(variables["inventory_hostname"], {})
    return found
