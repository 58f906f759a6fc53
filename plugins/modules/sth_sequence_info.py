#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_sequence_info
short_description: Read which packages a Scramjet Transform Hub holds
version_added: 0.1.0
description:
  - Lists the packages (I(sequences)) of a hub, all of them or those that a reference fits.
  - A package that is missing is not a failure.
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
      - Only this one. An id, a name, V(name@version) or V(name@sha256:<7 or more hex digits>). A name may fit several.
      - Quote a reference that begins with C(@).
    type: str
seealso:
  - module: scramjet.sth.sth_sequence
"""

EXAMPLES = r"""
- name: List everything that is deployed
  scramjet.sth.sth_sequence_info:
  register: deployed

- name: Look whether a version is there
  scramjet.sth.sth_sequence_info:
    sequence: "wordcount@1.4.2"
  register: wordcount

- name: Fail unless every version of a package is gone
  scramjet.sth.sth_sequence_info:
    sequence: wordcount
  register: left
  failed_when: left.exists
"""

RETURN = r"""
exists:
  description: Whether anything was found.
  returned: success
  type: bool
sequences:
  description: What was found, ordered by name and version. Elements as RV(scramjet.sth.sth_sequence#module:sequence).
  returned: success
  type: list
  elements: dict
sequence:
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

from ansible_collections.scramjet.sth.plugins.module_utils.sequence.info import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(reconcile=reconcile, options={"sequence": {"type": "str"}}, writes=False)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
