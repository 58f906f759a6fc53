#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_package
short_description: Validate and pack a package for a Scramjet Transform Hub
version_added: 0.1.0
description:
  - Checks a package as M(scramjet.sth.sth_sequence) does before an upload, and writes it as a reproducible archive.
  - Talks to no hub. A pipeline without access to one can check a change with it, build once and promote the same file.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.attributes
  - scramjet.sth.package
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  src:
    description:
      - Package to check, a directory or a C(.tar.gz), on the machine where the task runs.
      - If that is the controller, a relative path is searched as M(ansible.builtin.copy) does.
    type: path
    required: true
  dest:
    description:
      - File to write the packed and stamped archive to. If not set, O(src) is only checked.
      - A file that holds the same bytes already is left alone.
    type: path
seealso:
  - module: scramjet.sth.sth_sequence
"""

EXAMPLES = r"""
- name: Check a package before it is merged
  scramjet.sth.sth_package:
    src: packages/wordcount
    secret_files: fail
  delegate_to: localhost

- name: Build the file that every stage will deploy
  scramjet.sth.sth_package:
    src: packages/wordcount
    dest: "{{ build_dir }}/wordcount.tar.gz"
  register: built
  delegate_to: localhost

- name: Leave tests out of the archive
  scramjet.sth.sth_package:
    src: packages/wordcount
    dest: "{{ build_dir }}/wordcount-slim.tar.gz"
    exclude:
      - /test/
  delegate_to: localhost
"""

RETURN = r"""
package:
  description: The package as it would be on a hub.
  returned: success
  type: dict
  contains:
    name:
      description: Name from C(package.json).
      returned: success
      type: str
      sample: wordcount
    version:
      description: Version as its author wrote it. Empty if there is none.
      returned: success
      type: str
      sample: 1.4.2
    digest:
      description: Digest of the content, the same for a directory and for its archive.
      returned: success
      type: str
    ref:
      description: Reference under which it can be addressed once it is on a hub.
      returned: success
      type: str
      sample: wordcount@sha256:1f2e3d4c5b6a
    path:
      description: The archive that was written, O(dest). Null if there is none.
      returned: success
      type: str
    files:
      description: Number of files.
      returned: success
      type: int
    size:
      description: Bytes of content.
      returned: success
      type: int
actions:
  description: What was, or in check mode would be, written. Elements as RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
error_code:
  description: Machine-readable kind of the failure, V(INVALID_PACKAGE).
  returned: failure
  type: str
"""

from ansible_collections.scramjet.sth.plugins.module_utils.sequence.package import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "src": {"type": "path", "required": True},
        "dest": {"type": "path"},
        "exclude": specs.PACKAGE["exclude"],
        "secret_files": specs.PACKAGE["secret_files"],
    },
    talks_to_hub=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
