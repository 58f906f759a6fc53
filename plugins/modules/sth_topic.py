#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_topic
short_description: Create or remove a topic on a Scramjet Transform Hub
version_added: 0.1.0
description:
  - Makes sure that a topic exists with its content type, or that it does not.
  - A 0.18 hub has no topic management; there this fails with V(UNSUPPORTED_BY_HUB).
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the topic. Letters, digits, C(-) and C(_).
    type: str
    required: true
  content_type:
    description:
      - What the topic carries. A topic of another type is a V(CONFLICT); it is never changed.
      - A program may name a topic and its type in its own code. If the topic exists with another type, the start of that program
        ends a 1.x hub. So give the program's type here, or O(scramjet.sth.sth_instance#module:output_topic) or
        O(scramjet.sth.sth_instance#module:input_topic) at its start.
    type: str
    choices: [application/x-ndjson, text/x-ndjson, text/plain, application/octet-stream]
    default: application/x-ndjson
  state:
    description:
      - Whether the topic exists. Removing it drops the data in it.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: scramjet.sth.sth_topic_info
"""

EXAMPLES = r"""
- name: Create a topic of JSON lines
  scramjet.sth.sth_topic:
    name: orders

- name: Create a topic of text
  scramjet.sth.sth_topic:
    name: notes
    content_type: text/plain

- name: Remove one
  scramjet.sth.sth_topic:
    name: orders
    state: absent
"""

RETURN = r"""
topic:
  description: The topic. Null after O(state=absent).
  returned: success
  type: dict
  sample: {"name": "orders", "content_type": "application/x-ndjson"}
actions:
  description: What was, or in check mode would be, written. Elements as RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
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
  description: Machine-readable kind of the failure, such as V(CONFLICT) or V(UNSUPPORTED_BY_HUB).
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

from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task
from ansible_collections.scramjet.sth.plugins.module_utils.topic.reconcile import reconcile

TASK = Task(
    reconcile=reconcile,
    options={
        "name": {"type": "str", "required": True},
        "content_type": {
            "type": "str",
            "default": "application/x-ndjson",
            "choices": ["application/x-ndjson", "text/x-ndjson", "text/plain", "application/octet-stream"],
        },
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
    },
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
