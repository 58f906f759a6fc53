#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_export
short_description: Write what runs on a Scramjet Transform Hub to a file of variables for this collection
version_added: 1.0.0
description:
  - Writes all instances that run on a hub to a file of variables on the controller, no matter who has started them. Apply the file with the
    playbook C(scramjet.sth.apply). If only deployments run, the role C(deployment) can use the file too. The playbook
    C(scramjet.sth.export) runs this module.
  - Deployments become elements of C(deployment_list). Instances and pools that M(scramjet.sth.sth_instance) has named become elements of
    C(sth_instances). If you apply the file to the same hub, they do not change. RV(notes) lists exceptions, for example a replica that
    does not run.
  - Instances without a name, such as those that the CLI C(si) has started, become deployments that take them over. The reason is that an
    instance without a name cannot be recognised after a restart. When you apply the file for the first time, each of them is replaced
    without an outage. After that, applying it changes nothing.
  - The packages themselves are not exported, because a hub does not return them. The file refers to a package by the digest of its
    content, or by its version if another tool has uploaded it.
  - In the place of each secret, the file has a variable. If C(ansible-playbook) has a vault password, the values of these variables are
    written to a second file, encrypted. Otherwise, set these variables yourself.
  - B(Only what looks like a secret counts as one), such as a value under a key C(password) or an argument C(--password=...). Any other
    secret is written in clear text. Name it in O(secret_keys), and read the file before you commit it. The page C(docs/secrets.md) of the
    collection says what counts.
  - A hub does not report limits, start options, or when an instance counts as ready (such as C(wait_for)). If you use them, add them to the
    file. Topics are not exported either, only C(input_topic) and C(output_topic) of instances. Create them with
    M(scramjet.sth.sth_topic).
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
      - Shows the changes of C(exported.yml).
  idempotent:
    support: full
options:
  dest:
    description:
      - Directory on the controller for C(exported.yml), and for C(exported_vault.yml) if there are secrets and a vault password. If it is
        missing, it is created. C(exported.yml) is replaced. C(exported_vault.yml) is replaced only if it is written, so without a vault
        password an old one stays, with values that may be out of date.
      - A relative path starts in the directory of the playbook. In a playbook of this collection, it starts in the directory of your playbook
        that imports it, or without one in the current directory.
      - If you use C(host_vars/<host>), every later play on that host has the variables.
    type: path
    required: true
  secret_keys:
    description:
      - Dotted paths in C(app_config) whose values are secret, in addition to values under keys that look secret. See
        O(scramjet.sth.sth_instance#module:secret_keys). The paths, but not the values, are written to the file too.
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
  description: Names of the variables that stand for secrets in the file.
  returned: success
  type: list
  elements: str
files:
  description: Paths of the files that the task has written, or in check mode would write. Files that have not changed are in the list too.
  returned: success
  type: list
  elements: str
counts:
  description: How many deployments and instances are in the file, and how many packages the hub has.
  returned: success
  type: dict
  sample: {"deployments": 2, "instances": 1, "sequences": 3}
notes:
  description: What would change if you apply the file to the same hub, and why. What could not be exported, and where secrets are missing.
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
