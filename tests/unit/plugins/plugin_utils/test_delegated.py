# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host says where the hub is, if a task is delegated. tests/integration runs the same with real inventories."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.plugin_utils.delegated import variables_of_hub

NORTH, SOUTH = "http://north", "http://south"


class HostVars(dict[str, dict[str, Any]]):
    """The variables of the hosts of an inventory."""

    def raw_get(self, host: str) -> dict[str, Any]:
        return self[host]


def variables(host: str, api_url: str | None, **delegated: Any) -> dict[str, Any]:
    """Return the variables of a task on host north that is delegated to ``host``, which has this address."""
    hosts = HostVars({"north": {"sth_api_url": NORTH}, host: {"sth_api_url": api_url} if api_url else {}})
    return {
        "inventory_hostname": "north",
        "sth_api_url": NORTH,
        "hostvars": hosts,
        "ansible_delegated_vars": {host: {"inventory_hostname": "north", "sth_api_url": api_url, **delegated}},
    }


def test_the_hub_to_which_a_task_is_delegated_counts() -> None:
    found = variables_of_hub("south", variables("south", SOUTH))
    assert (found["sth_api_url"], found["inventory_hostname"]) == (SOUTH, "south")


@pytest.mark.parametrize(
    ("to", "given"),
    [
        (None, variables("south", SOUTH)),
        ("nowhere", variables("south", SOUTH)),
        ("south", {}),
        # It says nothing about a hub.
        ("south", variables("south", None)),
        # The task or play sets the address, for all hosts.
        ("south", variables("south", SOUTH, sth_api_url="http://of-the-play")),
        # Tasks for any hub are delegated there.
        ("localhost", variables("localhost", SOUTH)),
    ],
    ids=["not delegated", "not in the inventory", "without hosts", "no hub", "set for all hosts", "localhost"],
)
def test_otherwise_the_own_host_of_the_task_counts(to: str | None, given: dict[str, Any]) -> None:
    assert variables_of_hub(to, given) is given
