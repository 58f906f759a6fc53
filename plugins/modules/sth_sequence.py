#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_sequence
short_description: Upload, replace or remove a package on a Scramjet Transform Hub
version_added: 0.1.0
description:
  - Makes sure that a hub holds a package (a I(sequence), in the hub's words) with exactly the content of O(src), or that
    it no longer does.
  - The hub itself stores a new copy with every upload. This module recognises the content by a digest, so that an unchanged
    package is not uploaded again.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.package
  - scramjet.sth.package.source
  - scramjet.sth.ending
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - With V(present), the content of O(src) is on the hub.
      - With V(absent), what O(id), or O(name) and O(version), describe is not on the hub.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the package. With O(src) it must agree with its C(package.json), from which it is taken otherwise.
      - A package whose C(package.json) has no name is given this one, with O(compare=content).
      - With O(state=absent) and neither O(version) nor O(id), B(all) versions of the package are removed.
    type: str
  version:
    description:
      - Narrows O(name) with O(state=absent); the version as its author wrote it, or V(sha256:<hex>).
    type: str
  id:
    description:
      - The hub's id of a sequence, for O(state=absent), or together with O(src) for O(on_change=overwrite).
      - With O(state=absent), whatever else says which package is meant must agree with it.
    type: str
  on_change:
    description:
      - What to do when the hub has a package of this name with other content.
      - With V(replace), the new one is uploaded and verified, then the others are removed. Two packages of one name in one
        play so replace each other on every run, which gives a warning; O(keep_old) on both tasks keeps both.
      - With V(overwrite), the package is replaced under its id, which only a 1.x hub can do and only when no instance
        record of it is left (195 seconds after the last one ended, by default). The hub does not do that atomically, and
        it leaves files behind that only the old package had.
      - With V(keep), nothing is done. With V(fail), the task fails.
    type: str
    choices: [replace, overwrite, keep, fail]
    default: replace
  keep_old:
    description:
      - With O(on_change=replace), leave the packages of this name with other content on the hub.
    type: bool
    default: false
  in_use:
    description:
      - What to do when a package is to be removed but instances run from it.
      - With V(fail), the task fails before anything is written. With V(keep), that package is left and named in RV(kept).
      - With V(stop), the instances are ended, each one is seen to have ended, and then the package is removed. A program that does
        not answer on a 1.x hub is ended by force with its package, which takes minutes if others of it have just ended.
    type: str
    choices: [fail, keep, stop]
    default: fail
seealso:
  - module: scramjet.sth.sth_sequence_info
  - module: scramjet.sth.sth_instance
  - module: scramjet.sth.sth_package
"""

EXAMPLES = r"""
- name: Deploy a package from a directory
  scramjet.sth.sth_sequence:
    src: packages/wordcount
  register: wordcount

- name: Run it, by a reference that is known in check mode too
  scramjet.sth.sth_instance:
    name: wordcount
    sequence: "{{ wordcount.sequence.ref }}"

- name: Deploy a new version beside the one that is running
  scramjet.sth.sth_sequence:
    src: packages/wordcount
    keep_old: true

- name: Remove every version of a package, ending what runs from it
  scramjet.sth.sth_sequence:
    name: wordcount
    state: absent
    in_use: stop
"""

RETURN = r"""
sequence:
  description: The package on the hub. Null after O(state=absent).
  returned: success
  type: dict
  contains:
    id:
      description: The hub's id. Null in check mode if the package is yet to be uploaded.
      returned: success
      type: str
      sample: 6f1c2b0a-7a43-4b35-9d7c-9f4c1f6f5c3e
    name:
      description: Name from C(package.json).
      returned: success
      type: str
      sample: wordcount
    version:
      description: Version as its author wrote it.
      returned: success
      type: str
      sample: 1.4.2
    digest:
      description: Digest of the content. Null if the package was uploaded by another tool, or with O(compare=version).
      returned: success
      type: str
    ref:
      description: Reference for O(scramjet.sth.sth_instance#module:sequence), known in check mode too.
      returned: success
      type: str
      sample: wordcount@sha256:1f2e3d4c5b6a
    hub_version:
      description: Version as the hub lists it.
      returned: success
      type: str
    instances:
      description: Ids of the instances that the hub counted for it.
      returned: success
      type: list
      elements: str
removed:
  description: Packages that were, or in check mode would be, removed. Elements as RV(sequence).
  returned: success
  type: list
  elements: dict
kept:
  description: Packages that O(in_use=keep) left because instances run from them. Elements as RV(sequence).
  returned: success
  type: list
  elements: dict
actions:
  description: What was, or in check mode would be, written, in order. Waiting and reading are not in it.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: What is done, V(upload), V(overwrite), V(stop) or V(delete).
      returned: success
      type: str
    object:
      description: What it is done to.
      returned: success
      type: str
    reason:
      description: Why. V(compensation) for what turned out to be needed only while the task ran.
      returned: success
      type: str
    done:
      description: Whether it was carried out. False in check mode, and after a failure for what was not reached.
      returned: success
      type: bool
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
  description: Machine-readable kind of the failure, such as V(UNREACHABLE), V(CONFLICT) or V(INVALID_PACKAGE).
  returned: failure
  type: str
instance:
  description: Id of the instance that could not be ended.
  returned: failure to end an instance
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

from ansible_collections.scramjet.sth.plugins.module_utils.sequence.reconcile import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "name": {"type": "str"},
        "version": {"type": "str"},
        "id": {"type": "str"},
        "on_change": {
            "type": "str",
            "default": "replace",
            "choices": ["replace", "overwrite", "keep", "fail"],
        },
        "keep_old": {"type": "bool", "default": False},
        "in_use": {"type": "str", "default": "fail", "choices": ["fail", "keep", "stop"]},
        **specs.PACKAGE,
        **specs.ENDING,
    },
    constraints={
        "required_if": [("state", "present", ["src"]), ("state", "absent", ["name", "id", "src"], True)],
        "required_by": {"version": ["name"]},
    },
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
