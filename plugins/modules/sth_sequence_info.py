#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_sequence_info
short_description: List the packages on a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Lists the packages (I(sequences)) on a hub, either all of them or those that match a reference.
  - If no package matches, the task does not fail. The list is then empty.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.attributes.info_module
options:
  sequence:
    description:
      - List only packages that match this id, name, V(name@version), V(name@sha256:<7 or more hex digits>) or
        V(name@current), see O(scramjet.sth.sth_instance#module:sequence). Several packages can
        have the same name. If this option is not set, all packages are listed.
      - The version is the one in C(package.json), without the digest that the hub lists after it.
      - If a name begins with C(@), as names with an npm scope do, put it in quotes. Otherwise it is not valid YAML.
    type: str
seealso:
  - module: scramjet.sth.sth_sequence
"""

EXAMPLES = r"""
- name: List all packages
  scramjet.sth.sth_sequence_info:
  register: deployed

- name: Check whether the hub has a version of a package
  scramjet.sth.sth_sequence_info:
    sequence: "wordcount@1.4.2"
  register: wordcount

- name: Fail if the hub has any version of a package
  scramjet.sth.sth_sequence_info:
    sequence: wordcount
  register: left
  failed_when: left.exists
"""

RETURN = r"""
exists:
  description: Whether any package was found.
  returned: success
  type: bool
sequences:
  description:
    - The packages that were found, sorted by name and version. Versions are sorted as text, so C(1.10.0) comes before C(1.9.0). Elements are as
      RV(scramjet.sth.sth_sequence#module:sequence).
  returned: success
  type: list
  elements: dict
sequence:
  description: The package, if exactly one was found. Otherwise null.
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

from ansible_collections.scramjet.sth.plugins.module_utils.sequence.info import SequenceInfoOptions, reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(reconcile=reconcile, options={"sequence": {"type": "str"}}, options_type=SequenceInfoOptions, writes=False)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
