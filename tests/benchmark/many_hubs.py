# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One play over 200 hubs, with as many workers at once as Ansible uses by default."""

from __future__ import annotations

import pathlib
from contextlib import ExitStack
from typing import Any

from ansible_collections.scramjet.sth.tests.benchmark.measuring import median_of, milliseconds, table, times
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook

HUBS = 200
PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")


def run(directory: pathlib.Path) -> None:
    """Print the table."""
    with ExitStack() as stack:
        hubs = [stack.enter_context(FakeHub(generation="1.x")) for _dummy in range(HUBS)]
        inventory = directory / "hubs.ini"
        inventory.write_text("".join(f"hub{at} sth_api_url={hub.api_url}\n" for at, hub in enumerate(hubs)))
        deploy: dict[str, Any] = {"scramjet.sth.sth_sequence": {"src": PROBE}}
        uri = {"ansible.builtin.uri": {"url": "{{ sth_api_url }}/sequences"}}
        debug = {"ansible.builtin.debug": {"msg": "{{ sth_api_url }}"}}
        first = median_of(_play(directory, inventory, deploy), 1)
        stored = sum(len(hub.sequences) for hub in hubs)
        costs = {
            "`debug`": median_of(_play(directory, inventory, debug)),
            f"`sth_sequence`, first run ({stored} uploads)": first,
            "`sth_sequence`, nothing to do": median_of(_play(directory, inventory, deploy)),
            "`uri`, list of sequences": median_of(_play(directory, inventory, uri), 1),
        }
    table(
        f"A play of one task over {HUBS} fake hubs, default forks",
        ["task", "time", "for one hub", "to `debug`"],
        [
            [name, milliseconds(cost), milliseconds(cost / HUBS), times(cost, costs["`debug`"])]
            for name, cost in costs.items()
        ],
    )


def _play(directory: pathlib.Path, inventory: pathlib.Path, task: dict[str, Any]) -> Any:
    book = play(directory / "hubs.yml", {"hosts": "hub*", "tasks": [task]})
    content = book.read_bytes()

    def run_it() -> str:
        book.write_bytes(content)
        return run_playbook(book, {}, "-i", str(inventory))

    return run_it
