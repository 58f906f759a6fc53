# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say where a package comes from."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment C(package)."""

    DOCUMENTATION = r"""
options:
  exclude:
    description:
      - If O(src) is a directory, patterns of files to leave out, in the syntax of C(.gitignore).
      - A C(.siignore) file in the directory has the syntax of C(si seq pack) in Scramjet's command line, which differs from
        C(.gitignore). A pattern is compared with the whole path, so V(src) does not leave out C(node_modules/debug/src). Use
        V(**/*.log) to match at any depth. A pattern that starts or ends with a slash matches nothing and gives a warning.
        V(!x) leaves out everything except V(x).
      - By default, files of version control and caches, such as C(.git) and C(__pycache__), are left out too.
      - To include what C(.siignore) or this default leaves out, use a pattern that starts with V(!).
    type: list
    elements: str
    default: []
  secret_files:
    description:
      - What to do about files in O(src) that look like secrets, such as C(.env) or C(*.pem).
      - V(warn) gives a warning. V(fail) fails with C(error_code=INVALID_PACKAGE). V(ignore) does nothing.
    type: str
    choices: [warn, fail, ignore]
    default: warn
"""

    SOURCE = r"""
options:
  src:
    description:
      - Package to deploy, a directory or a C(.tar.gz).
      - A relative path is searched as M(ansible.builtin.copy) does, first in C(files/) of the role and then next to the
        playbook.
      - Nothing is built or installed. A Node.js package with C(dependencies) but without C(node_modules) gives a warning, and
        so does a Python package with C(requirements.txt) but without C(__pypackages__).
    type: path
  remote_src:
    description:
      - Whether O(src) is on the machine where the task runs instead of on the controller.
    type: bool
    default: false
  compare:
    description:
      - How to find out whether the hub already has the package.
      - V(content) compares a digest of the content. File times, owners, order and compression do not count. The digest is
        stored on the hub as build metadata of the version (C(1.4.2+sha256.<hex>)).
      - V(version) compares only name and version, and uploads an archive byte for byte. Use it for signed packages, and for
        packages that other tools have uploaded.
    type: str
    choices: [content, version]
    default: content
"""
