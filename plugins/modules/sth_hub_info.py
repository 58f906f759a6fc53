#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_hub_info
short_description: Read the version, load, configuration and counts of a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Reads the version and the capabilities of a hub, its load, its public configuration, and how many sequences, instances and
    topics it has.
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
      - What to read. V(load), V(config) and V(counts) each take additional requests, so leave out what you do not need.
      - V(version) adds RV(hub.capabilities) to RV(hub), and takes no additional request. V(load), V(config) and V(counts) each add the
        return value of that name. V(config) also adds RV(status).
      - V(hubs) lists the hubs of a manager, such as a space of Scramjet Cloud Platform. With it, set O(api_url) to the address of the
        manager, and do not list any other value. Otherwise the task fails.
    type: list
    elements: str
    choices: [version, load, config, counts, hubs]
    default: [version, load, config, counts]
"""

EXAMPLES = r"""
- name: Wait until the hub answers
  scramjet.sth.sth_hub_info:
    gather: [version]
    request_retries: 0
  register: about
  until: about is success
  retries: 10
  delay: 2

- name: Read everything
  scramjet.sth.sth_hub_info:
  register: about

- name: Fail if the hub cannot overwrite a sequence
  scramjet.sth.sth_hub_info:
    gather: [version]
  register: about
  failed_when: "'overwrite' not in about.hub.capabilities"

- name: Count what is on the hub
  scramjet.sth.sth_hub_info:
    gather: [counts]
  register: about

- name: Show the number of live instances
  ansible.builtin.debug:
    msg: "{{ about.counts.instances }} instances run."

- name: List the hubs of a space of Scramjet Cloud Platform
  scramjet.sth.sth_hub_info:
    api_url: https://api.scramjet.cloud/api/v1/space/my-space/api/v1
    token: "{{ vault_scp_token }}"
    gather: [hubs]
  register: space

- name: Read the version of each hub that is connected
  scramjet.sth.sth_hub_info:
    api_url: "{{ item.api_url }}"
    token: "{{ vault_scp_token }}"
    gather: [version]
  loop: "{{ space.hubs | selectattr('connected') }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
notes:
  description: Remarks. For example, as which version the task treats a hub that is newer or older than all versions that it knows, and
    whether a gateway in front of the hub ends requests too early.
  returned: if there are any
  type: list
  elements: str
hub:
  description: The hub that the task used. After a failure, values that are not known are null.
  returned: always
  type: dict
  contains:
    api_url:
      description: Address of the hub's API.
      returned: success
      type: str
    generation:
      description:
        - Rough kind of the hub, not its version. V(0.18) stands for every hub before 0.24, which does not report the state of an instance
          and forgets instances that have ended. V(1.x) stands for every hub from 0.24 on.
        - To find out what a hub can do, use RV(hub.capabilities).
      returned: success
      type: str
    version:
      description: Version of the hub.
      returned: success
      type: str
    capabilities:
      description:
        - Features that this hub has and that not every version has. The version in brackets is the first one with the feature.
          V(any_payload) (0.39.0) means events with a payload that is not text, or without a payload. V(binary_input) (0.27.0) means
          input that is not text. V(binary_output) (1.0.0) means output that is not text. V(exit_code) (0.27.0) means exit codes and
          reasons, which distinguish failed, stopped and killed. V(instance_id) (0.31.4) means instances with an id that you choose.
          V(instance_status) (0.24.0) means the state of an instance, and whether it completed. V(limits) (0.24.2) means resource limits
          of an instance. V(overwrite) (0.28.0) means C(on_change=overwrite). V(reconnect) (1.0.0) means instances that survive a
          restart of the hub. V(start_topics) (0.31.4) means topics that are set when a program is started. V(topics) (0.35.0) means
          topics that can be created, listed and removed.
      returned: if O(gather) contains V(version)
      type: list
      elements: str
      sample: [overwrite, topics]
load:
  description: Load averages (C(avgLoad), C(currentLoad)), memory in bytes (C(memFree), C(memUsed)) and file systems (C(fsSize)), as the
    hub reports them.
  returned: if O(gather) contains V(load)
  type: dict
config:
  description: Public configuration, secrets masked. Null if the hub does not show it.
  returned: if O(gather) contains V(config)
  type: dict
status:
  description: State of the connection between the hub and a manager of several hubs, if it has one. It is not the state of the hub. Null
    if the hub does not show it.
  returned: if O(gather) contains V(config)
  type: dict
counts:
  description: How many sequences, live instances, ended instances and topics the hub lists. A hub before 0.35 does not list topics, so
    their number is 0.
  returned: if O(gather) contains V(counts)
  type: dict
  sample: {"sequences": 2, "instances": 3, "ended_instances": 1, "topics": 0}
hubs:
  description: The hubs that a manager lists.
  returned: if O(gather) is V(hubs)
  type: list
  elements: dict
  contains:
    id:
      description: Id of the hub.
      returned: success
      type: str
    api_url:
      description: Address at which the manager passes on requests to the API of the hub, for O(api_url) of all modules.
      returned: success
      type: str
    healthy:
      description: Whether the hub is healthy, as the manager reports it. Null if the manager does not report it.
      returned: success
      type: bool
    connected:
      description: Whether the hub is connected to the manager. Null if the manager does not report it.
      returned: success
      type: bool
    description:
      description: Description of the hub by its operator. Empty if there is none.
      returned: success
      type: str
    tags:
      description: Tags of the hub.
      returned: success
      type: list
      elements: str
error_code:
  description: Machine-readable code of the failure, such as V(UNREACHABLE).
  returned: failure
  type: str
http_status:
  description: HTTP status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: Method of the request that failed, such as V(POST).
  returned: failure of a request
  type: str
url:
  description: URL of the request that failed.
  returned: failure of a request
  type: str
"""

from ansible_collections.scramjet.sth.plugins.module_utils.hub_info.reconcile import HubInfoOptions, reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

PARTS = ["version", "load", "config", "counts"]
TASK = Task(
    reconcile=reconcile,
    options={"gather": {"type": "list", "elements": "str", "choices": [*PARTS, "hubs"], "default": PARTS}},
    options_type=HubInfoOptions,
    writes=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
