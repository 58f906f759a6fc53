#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_topic
short_description: Create or remove a topic on a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Creates a topic with a content type, or removes it.
  - A hub before 0.35 cannot manage topics. The task then fails with C(error_code=UNSUPPORTED_BY_HUB).
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
      - Name of the topic. It may contain letters, digits, C(-) and C(_). Other names are refused with C(error_code=INVALID_OPTION).
    type: str
    required: true
  content_type:
    description:
      - Content type of the data in the topic. It has no effect with O(state=absent).
      - If the topic exists with another content type, the task fails with C(error_code=CONFLICT). This also happens if you do not set the
        option and the content type is not the default. To change the content type of a topic, remove the topic first, with the data in it.
      - B(A wrong type can crash the hub), with everything that runs on it. The code of a program can name a topic and its type. If the
        topic then exists with another type, the hub crashes when this program is started. So set exactly the type that the program names.
        C(application/x-ndjson) and C(text/x-ndjson) are different types. The same holds for a topic that M(scramjet.sth.sth_stream)
        creates. Instead, you can start the program with other topics, see O(scramjet.sth.sth_instance#module:input_topic) and
        O(scramjet.sth.sth_instance#module:output_topic).
    type: str
    choices: [application/x-ndjson, text/x-ndjson, text/plain, application/octet-stream]
    default: application/x-ndjson
  state:
    description:
      - V(present) creates the topic if it does not exist.
      - V(absent) removes the topic and the data in it, even if programs use it. These programs get no error, but until they are restarted,
        they get no data, and what they write does not arrive. If something writes to the topic later, the hub creates it again, with the
        content type of that write. If this is another type than the code of a program names, the hub crashes when that program is
        restarted, see O(content_type).
      - When an instance that reads the topic ends, and some minutes after the end of one that writes to it, a hub from 1.0 on creates a removed
        topic again, without a content type. This has the same consequence. So end these instances before you remove the topic. If the hub
        still lists such an instance, the task warns. V(present) replaces a topic without a content type.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: scramjet.sth.sth_topic_info
"""

EXAMPLES = r"""
- name: Create a topic for JSON lines
  scramjet.sth.sth_topic:
    name: orders

- name: Create a topic for text
  scramjet.sth.sth_topic:
    name: notes
    content_type: text/plain

- name: Remove a topic
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
  description: What the task wrote, or in check mode would write. Elements are as in RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
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
  description: Machine-readable code of the failure, such as V(CONFLICT) or V(UNSUPPORTED_BY_HUB).
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

from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task
from ansible_collections.scramjet.sth.plugins.module_utils.topic.options import TopicOptions
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
    options_type=TopicOptions,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
