#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_hub_info
short_description: Read what a Scramjet Transform Hub is and how it does
version_added: 0.1.0
description:
  - Reads the version of a hub, what it can do, its load, its public configuration and how much is on it.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.attributes.info_module
options:
  gather:
    description:
      - What to read. Each of V(load), V(config) and V(counts) costs requests of its own.
    type: list
    elements: str
    choices: [version, load, config, counts]
    default: [version, load, config, counts]
"""

EXAMPLES = r"""
- name: Read everything
  scramjet.sth.sth_hub_info:
  register: about

- name: Refuse to go on with a hub that cannot overwrite
  scramjet.sth.sth_hub_info:
    gather: [version]
  register: about
  failed_when: "'overwrite' not in about.hub.capabilities"

- name: Look whether anything runs
  scramjet.sth.sth_hub_info:
    gather: [counts]
  register: about

- name: Say it
  ansible.builtin.debug:
    msg: "{{ about.counts.instances }} instances run."
"""

RETURN = r"""
notes:
  description: That the version of the hub is none that is known, and which one it is treated as.
  returned: if there is any
  type: list
  elements: str
hub:
  description: The hub, with C(capabilities) if O(gather) has V(version). After a failure, what is not known of it is null.
  returned: always
  type: dict
  contains:
    api_url:
      description: Its address.
      returned: success
      type: str
    generation:
      description:
        - V(0.18) for a hub before 0.24, which tells of no state and forgets what has ended, and V(1.x) for every newer one.
        - What a hub in between can do is in RV(hub.capabilities), not here.
      returned: success
      type: str
    version:
      description: Its version.
      returned: success
      type: str
    capabilities:
      description:
        - What it can do that not every version can, of V(any_payload), V(binary_input), V(binary_output), V(exit_code),
          V(instance_id), V(instance_status), V(limits), V(overwrite), V(reconnect), V(start_topics) and V(topics).
        - The README of the collection says what each means, and since which version hubs have it.
      returned: if O(gather) has V(version)
      type: list
      elements: str
      sample: [overwrite, topics]
load:
  description: Load averages, memory and file systems, as the hub reports them; bytes and percent.
  returned: if O(gather) has V(load)
  type: dict
config:
  description: Public configuration without secrets. Null where the hub shows none (0.18).
  returned: if O(gather) has V(config)
  type: dict
status:
  description: State of its connection to a manager. Null where the hub shows none (0.18).
  returned: if O(gather) has V(config)
  type: dict
counts:
  description: How much is on it.
  returned: if O(gather) has V(counts)
  type: dict
  sample: {"sequences": 2, "instances": 3, "ended_instances": 1, "topics": 0}
error_code:
  description: Machine-readable kind of the failure, such as V(UNREACHABLE).
  returned: failure
  type: str
http_status:
  description: The status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: The method of the request that failed, such as V(POST).
  returned: failure of a request
  type: str
url:
  description: The address of the request that failed.
  returned: failure of a request
  type: str
"""

from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.reconcile import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

PARTS = ["version", "load", "config", "counts"]
TASK = Task(
    reconcile=reconcile,
    options={"gather": {"type": "list", "elements": "str", "choices": PARTS, "default": PARTS}},
    writes=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
