# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The largest flow through a network."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.fleet.flow import Network, largest_flow


def test_the_largest_flow_is_found_although_the_first_path_blocks_it() -> None:
    # The shortest way a-c is taken first, and leaves nothing for b, unless what came from a takes the other way.
    network: Network = {
        "s": {"a": 1, "b": 1},
        "a": {"c": 1, "d": 1},
        "b": {"c": 1},
        "c": {"t": 1},
        "d": {"e": 1},
        "e": {"t": 1},
    }
    flow = largest_flow(network, "s", "t")
    assert flow["s"] == {"a": 1, "b": 1}
    assert flow["a"] == {"c": 0, "d": 1}
    assert flow["b"] == {"c": 1}


def test_without_a_path_the_flow_is_zero() -> None:
    assert largest_flow({"s": {"a": 3}, "b": {"t": 3}}, "s", "t") == {"s": {"a": 0}, "b": {"t": 0}}
