#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_export
short_description: Write what runs on a Scramjet Transform Hub as variables that this collection takes
version_added: 1.0.0
description:
  - Writes everything that runs on a hub to a file of variables on the controller, whoever has started it. The playbook
    C(scramjet.sth.apply) takes the file, and so does the role C(deployment) if nothing but deployments runs. The playbook
    C(scramjet.sth.export) runs this module.
  - Deployments become elements of C(deployment_list). Instances and pools that M(scramjet.sth.sth_instance) has named become elements of
    C(sth_instances). Applying the file to the same hub does not change them. RV(notes) says what is different, for example that a replica
    does not run.
  - Instances without a name, such as those that the CLI C(si) has started, become deployments that take them over. Nothing else
    recognises them after a restart. When you apply the file for the first time, each of them is replaced without an outage, and
    afterwards nothing changes.
  - The packages themselves are not exported, because a hub does not return them. The file names them by their content, or by their version if another tool
    has uploaded them.
  - Secrets never get into the file. It has a variable in the place of each of them. If C(ansible-playbook) has a vault password, the
    values are written encrypted next to the file.
  - A hub does not report how an instance becomes ready, its limits and its start options. Add them to the file.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
attributes:
  check_mode:
    support: full
    details:
      - Check mode writes no file.
  diff_mode:
    support: full
    details:
      - Shows the difference of the file without secrets.
  idempotent:
    support: full
options:
  dest:
    description:
      - Directory on the controller for C(exported.yml), and for C(exported_vault.yml) if there are secrets and a vault password. It is
        created if it is missing. Both files are replaced if they are there.
      - A relative path begins at the playbook. If you use C(host_vars/<host>), every later play on that host has the variables.
    type: path
    required: true
  secret_keys:
    description:
      - Dotted paths in C(app_config) whose values are secret, in addition to values under keys that look secret. See
        O(scramjet.sth.sth_instance#module:secret_keys). They are written to the file too.
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
seealso:
  - module: scramjet.sth.sth_deployment
  - module: scramjet.sth.sth_instance
"""

EXAMPLES = r"""
- name: Write what runs
  scramjet.sth.sth_export:
    dest: host_vars/hub-1
  register: found

- name: Show what applying it would change
  ansible.builtin.debug:
    msg: "{{ found.notes | default([]) }}"

- name: Treat the address of the database as a secret too
  scramjet.sth.sth_export:
    dest: host_vars/hub-1
    secret_keys: [database.host]

- name: Count the deployments without writing anything
  scramjet.sth.sth_export:
    dest: host_vars/hub-1
  check_mode: true
  register: found
  failed_when: found.counts.deployments > 100
"""

RETURN = r"""
content:
  description: The text of C(exported.yml).
  returned: success
  type: str
variables:
  description: Names of the variables in it whose values are secrets.
  returned: success
  type: list
  elements: str
files:
  description: Paths of the files that the task has written, or in check mode would write, also if they are unchanged.
  returned: success
  type: list
  elements: str
counts:
  description: How many deployments and instances are in the file, and how many packages the hub has.
  returned: success
  type: dict
  sample: {"deployments": 2, "instances": 1, "sequences": 3}
notes:
  description: What applying the file to the same hub changes and why, what could not be exported, and where secrets are missing.
  returned: if there are any
  type: list
  elements: str
hub:
  description: The hub that the task used. After a failure, values that are not known are null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description: Machine-readable code of the failure, such as V(UNREACHABLE), or V(LOCAL_ERROR) if a file cannot be written.
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

from ansible_collections.scramjet.sth.plugins.module_utils.export.reconcile import ExportOptions, reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "dest": {"type": "path", "required": True},
        "secret_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    },
    options_type=ExportOptions,
    writes=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
