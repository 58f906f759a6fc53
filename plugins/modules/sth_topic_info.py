#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_topic_info
short_description: List the topics of a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Lists the topics of a hub. It never reads the data in them.
  - A hub before 0.35 does not list topics. The task then fails with C(error_code=UNSUPPORTED_BY_HUB), although
    M(scramjet.sth.sth_stream) can use topics there.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.attributes.info_module
options:
  name:
    description:
      - List only the topic with this name. If it does not exist, the list is empty. If this option is not set, all topics are listed.
    type: str
seealso:
  - module: scramjet.sth.sth_topic
"""

EXAMPLES = r"""
- name: List all topics
  scramjet.sth.sth_topic_info:
  register: all_topics

- name: Check whether a topic exists
  scramjet.sth.sth_topic_info:
    name: orders
  register: orders

- name: Fail if any topic for text is left
  scramjet.sth.sth_topic_info:
  register: left
  failed_when: left.topics | selectattr('content_type', 'equalto', 'text/plain') | length > 0
"""

RETURN = r"""
exists:
  description: Whether any topic was found.
  returned: success
  type: bool
topics:
  description: The topics that were found, sorted by name.
  returned: success
  type: list
  elements: dict
  sample: [{"name": "orders", "content_type": "application/x-ndjson"}]
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
  description: Machine-readable code of the failure, such as V(UNSUPPORTED_BY_HUB).
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
from ansible_collections.scramjet.sth.plugins.module_utils.topic.options import TopicInfoOptions
from ansible_collections.scramjet.sth.plugins.module_utils.topic.reconcile import reconcile_info

TASK = Task(reconcile=reconcile_info, options={"name": {"type": "str"}}, options_type=TopicInfoOptions, writes=False)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
