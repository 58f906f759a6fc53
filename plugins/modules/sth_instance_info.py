#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_instance_info
short_description: List the instances on a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Lists the instances on a hub, both live ones and ended ones that the hub still lists.
  - If no instance matches, the task does not fail. The list is then empty.
  - The task never reads the streams of a program, because this would take the data away from their readers.
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
      - List only instances with these ids or names. The name of a pool or deployment selects all its members. If O(sequence) or O(status) is
        set too, an instance must match all of them. If none of the three is set, all instances are listed.
    type: list
    elements: str
  sequence:
    description:
      - List only instances of sequences that match this id, name, V(name@version), V(name@sha256:<7 or more hex digits>) or
        V(name@current), see O(scramjet.sth.sth_instance#module:sequence).
    type: str
  status:
    description:
      - List only instances with one of these statuses. If not set, instances that have ended are listed too. So to find out whether
        something runs, set V([starting, running, stopping]).
      - A hub before 0.24 does not report the status. An instance on it counts as V(running), or as V(starting) if the hub does not answer for
        it. Such a hub does not list what has ended, so this list works there too.
    type: list
    elements: str
    choices: [starting, running, stopping, ended]
  health:
    description:
      - Whether to read the health of each live instance, which takes one more request for each of them. The hub asks a program for its health
        every second, and the task returns the last answer. A program that has just started, or that does not report its health, counts as
        healthy.
    type: bool
    default: false
  secret_keys:
    description:
      - Dotted paths in C(app_config) whose values are masked in results, in addition to values under keys that look secret. See
        O(scramjet.sth.sth_instance#module:secret_keys).
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
seealso:
  - module: scramjet.sth.sth_instance
"""

EXAMPLES = r"""
- name: List all instances
  scramjet.sth.sth_instance_info:
  register: everything

- name: Read the health of the running members of a pool
  scramjet.sth.sth_instance_info:
    instance: [worker]
    status: [running]
    health: true
  register: workers

- name: Fail if any instance still runs from a package
  scramjet.sth.sth_instance_info:
    sequence: wordcount
    status: [starting, running, stopping]
  register: users
  failed_when: users.exists
"""

RETURN = r"""
exists:
  description: Whether any instance was found. An instance that has ended counts too, unless O(status) excludes it.
  returned: success
  type: bool
instances:
  description:
    - The instances that were found. Members of a pool are sorted by index. Elements are as
      RV(scramjet.sth.sth_instance#module:instance). With O(health=true), they also have C(healthy).
    - C(healthy) is null if the instance has ended, or if the hub did not answer in time.
  returned: success
  type: list
  elements: dict
instance:
  description: The instance, if exactly one was found. Otherwise null.
  returned: success
  type: dict
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
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
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

from ansible_collections.scramjet.sth.plugins.module_utils.instance.info import InstanceInfoOptions, reconcile
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
    options_type=InstanceInfoOptions,
    writes=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
