# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chooses the host whose variables say where the hub is, if a task is delegated.

ansible-core evaluates the variables of a delegated task for the task's own host. If each host of the inventory stands for a hub, they
name the hub of that host, and not the hub to which the task is delegated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants


def variables_of_hub(delegate_to: str | None, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the variables that say where the hub of a task is: those of the host ``delegate_to`` if it has ``sth_api_url``.

    There are two exceptions, for which the variables of the task's own host are returned. If the play or the task sets ``sth_api_url``,
    that counts for all hosts. If the task is delegated to localhost and its own host has ``sth_api_url``, it is for that hub.
    """
    hostvars = variables.get("hostvars")
    if not delegate_to or hostvars is None or delegate_to not in hostvars:
        return variables
    in_inventory = hostvars.raw_get(delegate_to).get("sth_api_url")
    if in_inventory in (None, "") or (
        delegate_to in constants.LOCALHOST and variables.get("sth_api_url") not in (None, "")
    ):
        return variables
    delegated: dict[str, Any] = variables["ansible_delegated_vars"][delegate_to]
    if delegated.get("sth_api_url") != in_inventory:
        return variables
    # ansible-core leaves the name of the task's own host in them, but the template of an address may use the name of the host.
    return {**delegated, "inventory_hostname": delegate_to}
