#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_package
short_description: Validate and pack a package for a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Checks a package in the same way as M(scramjet.sth.sth_sequence) before an upload, and writes it as a reproducible archive. If a hub
    would refuse it, could not start it or would crash, the task fails with C(error_code=INVALID_PACKAGE), for example if C(package.json),
    its C(name) or its C(main) is missing, or an archive is damaged.
  - This module does not need a hub. Use it in a pipeline to check a change, or to build an archive once and deploy the same file to every
    stage.
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
      - Package to check, a directory or a C(.tar.gz), B(on the machine where the task runs). There is no C(remote_src). To use a package on
        the controller, delegate the task to localhost.
      - If the task runs on the controller, a relative path is searched as M(ansible.builtin.copy) does, first in C(files/) of the
        role and then next to the playbook. Otherwise, use an absolute path.
    type: path
    required: true
  dest:
    description:
      - File to write the archive to. Its directory must exist, and it must not be inside O(src). If this option is not set, the task only
        checks O(src) and changes nothing.
      - If the task runs on the controller, a relative path starts in the directory of the playbook. Otherwise, use an absolute path.
      - In the archive, but not in O(src), the version in C(package.json) gets the digest of the content as build metadata, as in
        C(1.4.2+sha256.<hex>). M(scramjet.sth.sth_sequence) uploads such an archive byte for byte.
      - If the file already has the same content, it is not written. If it is written, it gets mode 0644.
    type: path
  build:
    description:
      - Command that builds the package, such as V(npm ci --omit=dev). It runs in a shell on the controller, in a copy of the directory
        O(src), with the C(environment) of the task. After that, the content of the copy is the package. O(src) itself is not changed.
      - The task must run on the controller, without C(become), so delegate it to localhost. Apart from that, this option is the same as
        O(scramjet.sth.sth_sequence#module:build). If a task of each module has the same O(src) and command, only the first one builds.
      - In check mode the command does not run. If there is no result of an earlier build of this content, the task cannot check the
        package. It then gives a warning, and assumes that O(dest) would be written. RV(package.digest), RV(package.files) and
        RV(package.size) are null.
      - For recipes, see docs/building.md in the collection.
    type: str
seealso:
  - module: scramjet.sth.sth_sequence
"""

EXAMPLES = r"""
- name: Check a package before it is merged
  scramjet.sth.sth_package:
    src: packages/wordcount
    secret_files: fail
  delegate_to: localhost

- name: Build the archive that every stage deploys
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
  description: The package as a hub would list it.
  returned: success
  type: dict
  contains:
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
      description: Digest of the content (SHA-256). A directory and its archive have the same digest.
      returned: success
      type: str
    ref:
      description: Reference to the package for other modules once it is on a hub, as in O(scramjet.sth.sth_instance#module:sequence).
      returned: success
      type: str
      sample: wordcount@sha256:1f2e3d4c5b6a
    path:
      description: Path of the archive, O(dest). Null if O(dest) is not set.
      returned: success
      type: str
    files:
      description: Number of files in the package.
      returned: success
      type: int
    size:
      description: Size of the content in bytes.
      returned: success
      type: int
actions:
  description: What the task wrote, or in check mode would write. Elements are as in RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
error_code:
  description: Machine-readable code of the failure, such as V(INVALID_PACKAGE) or V(INVALID_OPTION).
  returned: failure
  type: str
"""

from ansible_collections.scramjet.sth.plugins.module_utils.sequence.package import ArchiveOptions, reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "src": {"type": "path", "required": True},
        "dest": {"type": "path"},
        "build": specs.PACKAGE["build"],
        "exclude": specs.PACKAGE["exclude"],
        "secret_files": specs.PACKAGE["secret_files"],
        "_package": specs.PACKAGE["_package"],
    },
    options_type=ArchiveOptions,
    talks_to_hub=False,
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
