#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_instance_info
short_description: Read what a Scramjet Transform Hub runs
version_added: 0.1.0
description:
  - Lists the instances of a hub, live ones and those that have ended and are still listed.
  - Never reads a stream of a program, and does not fail because something is missing.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.attributes.info_module
options:
  instance:
    description:
      - Only these. Ids or names; the name of a pool means its members.
    type: list
    elements: str
  sequence:
    description:
      - Only instances of the sequences that this reference fits.
    type: str
  status:
    description:
      - Only those with one of these.
    type: list
    elements: str
    choices: [starting, running, stopping, ended]
  health:
    description:
      - Whether to ask the health of each live instance. It is what the program last reported, not a probe.
    type: bool
    default: false
  secret_keys:
    description:
      - Further dotted paths in C(app_config) whose values are not shown, as in M(scramjet.sth.sth_instance). One that fits nothing is
        told in a warning.
    type: list
    elements: str
    default: []
seealso:
  - module: scramjet.sth.sth_instance
"""

EXAMPLES = r"""
- name: List everything that runs or has ended
  scramjet.sth.sth_instance_info:
  register: everything

- name: Look at the members of a pool
  scramjet.sth.sth_instance_info:
    instance: [worker]
    status: [running]
    health: true
  register: workers

- name: Fail if anything still runs from a package
  scramjet.sth.sth_instance_info:
    sequence: wordcount
    status: [starting, running, stopping]
  register: users
  failed_when: users.exists
"""

RETURN = r"""
exists:
  description: Whether anything was found.
  returned: success
  type: bool
instances:
  description:
    - What was found, pools by index. Elements as RV(scramjet.sth.sth_instance#module:instance), with C(healthy) if O(health).
  returned: success
  type: list
  elements: dict
instance:
  description: The one that was found. Null if there is none or more than one.
  returned: success
  type: dict
notes:
  description: That the version of the hub is none that is known, and which one it is treated as.
  returned: if there is any
  type: list
  elements: str
hub:
  description: The hub that was addressed. After a failure, what is not known of it is null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
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

from ansible_collections.scramjet.sth.plugins.module_utils.instance.info import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "instance": {"type": "list", "elements": "str"},
        "sequence": {"type": "str"},
        "status": {"type": "list", "elements": "str", "choices": ["starting", "running", "stopping", "ended"]},
        "health": {"type": "bool", "default": False},
        "secret_keys": specs.PROGRAM["secret_keys"],
    },
    writes=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
