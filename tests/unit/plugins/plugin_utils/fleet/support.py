# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the hosts of a rollout."""

from __future__ import annotations

from typing import Any

OLD, NEW = "web@sha256:000000000001", "web@sha256:000000000002"
IN_FORCE: dict[str, Any] = {"sequence": OLD, "replicas": 2, "app_config": {"password": "p"}, "args": []}


def planned(changed: bool = True, previous: str | None = OLD, **more: Any) -> dict[str, Any]:
    deployment = {"ref": NEW, "previous_ref": previous}
    return {"results": [{"deployment__name": "web", "would_change": changed, "deployment": deployment, **more}]}


def updated(**more: Any) -> dict[str, Any]:
    """Return the variables of a host that has run the old version, and was updated."""
    return {
        "deployment__planned": planned(ref_before=OLD, in_force=IN_FORCE),
        "deployment__run": ran(),
        "deployment__now": runs(NEW),
        "rollout__look": runs(NEW),
        **more,
    }


def ran(changed: bool = True, **more: Any) -> dict[str, Any]:
    item = {"deployment__name": "web", "deployment": {"replicas": 2}, **more}
    return {"changed": changed, "results": [item]}


def runs(ref: str, ready: int = 2, newest: str | None = "2026-11-28T11:59:30.000Z") -> dict[str, Any]:
    return {"deployments": [{"name": "web", "ref": ref, "ready": ready, "newest": newest}]}


def play(batch: list[str] | None = None, /, **hosts: dict[str, Any]) -> dict[str, Any]:
    hostvars = {name: {"inventory_hostname": name, **own} for name, own in hosts.items()}
    return {"ansible_play_hosts_all": list(hosts), "ansible_play_batch": batch or list(hosts), "hostvars": hostvars}
