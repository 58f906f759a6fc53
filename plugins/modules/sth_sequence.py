#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_sequence
short_description: Upload, replace or remove a package on a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Uploads a package to a hub, replaces other versions of it, or removes it. On a hub, a package is called a I(sequence).
  - A hub stores a new copy with every upload. This module compares packages by a digest of their content, so it does not upload
    an unchanged package again.
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
      - V(present) uploads the package in O(src) if the hub does not have it. O(src) is required.
      - V(absent) removes B(all versions) of the package O(name). With O(version) or O(id), it removes only what they select. If O(src) is
        set, only the name is taken from it, so all versions of that package are removed, whatever their content. If the hub has none of
        them, nothing happens.
    type: str
    choices: [present, absent]
    default: present
  name:
    description:
      - Name of the package to remove with O(state=absent). A reference, such as V(wordcount@1.2.3), is refused, so set O(version) beside the
        name. V(current) is refused too, as a part of the name and as O(version), because removing the version in force would make another
        version the one in force, and a second run would remove that.
      - If O(src) is set, this is not needed. If both are set, the name must be the one in C(package.json). Otherwise the task fails with
        C(error_code=INVALID_PACKAGE). If C(package.json) has no name, the package gets this name. This requires O(compare=content).
    type: str
  version:
    description:
      - With O(state=absent), remove only this version of the package that O(name), O(src) or O(id) selects. Set the version from
        C(package.json), which removes all packages with this version, whatever their content. To select one content, set
        V(sha256:<7 or more hex digits>). With O(state=present), this option is refused, because the version is in C(package.json).
    type: str
  id:
    description:
      - Id of a sequence on the hub. Use it with O(state=absent) to remove this sequence, or with O(on_change=overwrite) to
        overwrite it with O(src). It is required for O(on_change=overwrite) if the hub has several packages with this name. With
        O(state=present) and any other value of O(on_change), it is refused.
      - With O(state=absent), the sequence must also match O(name) and O(version) if they are set. Otherwise the task fails with
        C(error_code=CONFLICT).
    type: str
  on_change:
    description:
      - What to do if the hub has a package with this name, but with another content or version (see O(compare)).
      - V(replace) uploads the new package, checks that the hub has stored it, and then removes B(all other versions) of this
        name, except those that a M(scramjet.sth.sth_deployment) keeps to go back to (see RV(kept)). If instances run from one of them, the
        task fails by default, see O(in_use). To keep all versions, set O(keep_old). If a play uploads two packages with the same name,
        they replace each other in every run, and the task gives a warning.
      - V(overwrite) replaces the content of the package on the hub, and the id stays the same. This requires a hub from 0.28 on. Such a hub
        overwrites a package only if it lists no instance of it. So the task waits up to O(removal_timeout) until the hub no longer lists
        those that have ended. Files that only the old package had stay there, although the hub then reports the digest of the new one. If
        the upload fails halfway, the files of both packages may be mixed, so prefer V(replace).
      - V(keep) uploads nothing, and returns the package of this name that is on the hub. If there are several, it returns the version in
        force, as C(name@current) in O(scramjet.sth.sth_instance#module:sequence) does. V(fail) fails with C(error_code=CONFLICT).
    type: str
    choices: [replace, overwrite, keep, fail]
    default: replace
  keep_old:
    description:
      - With O(on_change=replace), whether to keep the other versions on the hub when the new package is uploaded, even if nothing runs from
        them. They stay until a task without this option, or with O(state=absent), removes them. A task without this option does so even if
        it uploads nothing, because the package is unchanged. So if instances run from one of them, it fails, see O(in_use).
    type: bool
    default: false
  in_use:
    description:
      - What to do if instances run from a package that the task has to remove or overwrite.
      - V(fail) fails before anything is written, with C(error_code=CONFLICT).
      - V(keep) keeps the packages from which instances run, and with O(state=absent) those too that a deployment keeps to go back to. It
        returns them in RV(kept). The others are removed. With O(on_change=overwrite), the task fails.
      - V(stop) ends the instances (see O(stop_timeout) and O(can_keepalive)), waits until they have ended, and then removes or
        overwrites the package. A removal can take 25 seconds, and an overwrite some minutes, see O(removal_timeout) and O(on_change).
      - If a program does not answer, V(stop) removes its package on a hub from 1.0 on nevertheless, and the hub then ends the program too.
        If other instances of the package have ended shortly before, such a removal waits up to O(removal_timeout) until the hub no longer
        lists them.
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

- name: Run it, by a reference that check mode returns too
  scramjet.sth.sth_instance:
    name: wordcount
    sequence: "{{ wordcount.sequence.ref }}"

- name: Deploy a new version and keep the old ones
  scramjet.sth.sth_sequence:
    src: packages/wordcount
    keep_old: true

- name: Deploy a new version, and end the instances of older versions instead of failing
  scramjet.sth.sth_sequence:
    src: packages/wordcount
    in_use: stop
    stop_timeout: 1

- name: Remove every version of a package, and end its instances first
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
      description: Id of the sequence. Null in check mode if the task would upload it.
      returned: success
      type: str
      sample: 6f1c2b0a-7a43-4b35-9d7c-9f4c1f6f5c3e
    name:
      description: Name from C(package.json).
      returned: success
      type: str
      sample: wordcount
    version:
      description: Version from C(package.json). Empty if there is none.
      returned: success
      type: str
      sample: 1.4.2
    digest:
      description: Digest of the content. Null if another tool uploaded the package, or if it was uploaded with O(compare=version).
      returned: success
      type: str
    ref:
      description: Reference for O(scramjet.sth.sth_instance#module:sequence). Check mode returns it too.
      returned: success
      type: str
      sample: wordcount@sha256:1f2e3d4c5b6a
    hub_version:
      description: Version of the package as the hub lists it, with the digest as build metadata.
      returned: success
      type: str
    instances:
      description: Ids of the instances that the hub lists for it.
      returned: success
      type: list
      elements: str
removed:
  description: Packages that the task removed, or in check mode would remove. Elements are as RV(sequence).
  returned: success
  type: list
  elements: dict
kept:
  description:
    - Packages that the task would have removed, but that are still needed. With O(in_use=keep), these are packages from which instances run.
    - Versions that a deployment keeps to go back to are here too. Its replicas name them, see
      O(scramjet.sth.sth_deployment#module:keep_versions). O(state=absent) keeps them only with O(in_use=keep).
    - Elements are as RV(sequence).
  returned: success
  type: list
  elements: dict
actions:
  description: What the task wrote, or in check mode would write, in order. It does not list what the task read or waited for.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: Kind of the action, for this module V(upload), V(overwrite), V(stop) or V(delete).
      returned: success
      type: str
    object:
      description: The sequence, instance, topic or file that the action changes.
      returned: success
      type: str
    reason:
      description: Why the action is needed, in words. V(compensation) if the action was not planned, but became necessary while the task
        ran, for example to start the previous instance again after a failure.
      returned: success
      type: str
    done:
      description: Whether the action was done. False in check mode, and after a failure for actions that were not carried out.
      returned: success
      type: bool
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
  description: Machine-readable code of the failure, such as V(UNREACHABLE), V(CONFLICT) or V(INVALID_PACKAGE).
  returned: failure
  type: str
instance:
  description: Id of the instance that could not be ended.
  returned: failure to end an instance
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

from ansible_collections.scramjet.sth.plugins.module_utils.sequence.options import SequenceOptions
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
    options_type=SequenceOptions,
    constraints={
        "required_if": [("state", "present", ["src"]), ("state", "absent", ["name", "id", "src"], True)],
    },
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
