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
      - If O(src) is a directory, patterns of files to leave out of the package, in the syntax of C(.gitignore). If O(src) is a
        C(.tar.gz), they have no effect, and the task gives a warning.
      - Files of version control and caches, such as C(.git) and C(__pycache__), are left out by default. So are files that match a pattern
        in the file C(.siignore) of the directory. To include such a file, use a pattern that starts with V(!), such as
        V(!config/local.json).
      - The file C(.siignore) does not have the syntax of C(.gitignore), but the one of C(si seq pack) in Scramjet's command line. In it,
        a pattern must match a whole path, so C(*.log) matches only at the top, and C(**/*.log) at any depth. A pattern that starts or
        ends with a slash matches nothing, and the task gives a warning. C(!x) leaves out everything except C(x).
    type: list
    elements: str
    default: []
  secret_files:
    description:
      - What to do if files in O(src) look like secrets, such as C(.env), C(*.pem) or C(id_rsa). To leave them out of the package, use
        O(exclude).
      - V(warn) gives a warning and includes them. V(ignore) includes them without a warning. V(fail) fails with
        C(error_code=INVALID_PACKAGE).
    type: str
    choices: [warn, fail, ignore]
    default: warn
"""

    SOURCE = r"""
options:
  src:
    description:
      - Package to upload, a directory or a C(.tar.gz), on the controller unless O(remote_src=true).
      - A relative path is searched as M(ansible.builtin.copy) does, first in C(files/) of the role and then next to the
        playbook. With O(remote_src=true), use an absolute path.
      - The package is checked before anything is sent. If a hub would refuse it, could not start it or would crash, the task fails with
        C(error_code=INVALID_PACKAGE), for example if C(package.json) or its C(main) is missing, or an archive is damaged. A C(package.json)
        without a name is refused too, unless the option C(name) of M(scramjet.sth.sth_sequence) names the package.
      - Without O(build), nothing is built or installed. If a Node.js package has C(dependencies) but no C(node_modules), or a Python
        package has C(requirements.txt) but no C(__pypackages__), the task gives a warning.
    type: path
  remote_src:
    description:
      - Whether O(src) is on the machine where the task runs instead of on the controller.
    type: bool
    default: false
  build:
    description:
      - Command that builds the package, such as V(npm ci --omit=dev). It runs in a shell on the controller, in a copy of the directory
        O(src), with the C(environment) of the task. After that, the content of the copy is the package. O(src) itself is not changed.
      - The copy does not contain files of version control, caches, C(node_modules) and C(__pypackages__). It does contain the files that
        C(.siignore) and O(exclude) leave out of the package, because a build may need them.
      - The result is kept in C(~/.cache/scramjet-sth-builds) of the user who runs Ansible. As long as the command and the content of O(src)
        stay the same, the task uses this result and does not run the command again, even if C(environment) differs. So set variables that
        change the result in the command, as in V(NODE_ENV=test npm ci). To build again, remove the results.
      - With O(remote_src=true), or if O(src) is a C(.tar.gz), this option is refused with C(error_code=INVALID_OPTION).
      - In check mode the command does not run. If there is no kept result, the task gives a warning, and assumes that the package differs
        from the one on the hub.
      - For recipes, see docs/building.md in the collection.
    type: str
  compare:
    description:
      - How to find out whether the hub already has the package.
      - V(content) compares a digest of the content. File times, owners, order and compression do not count. The digest is
        stored on the hub as build metadata of the version (C(1.4.2+sha256.<hex>)). A package that another tool has uploaded has no
        digest, so it counts as a package with other content.
      - V(version) compares only name and version. If you change the content but not the version, or if C(package.json) has no version, the
        change is not uploaded. The package gets no digest, and an archive is uploaded byte for byte. Use V(version) for signed archives,
        and for packages that other tools have uploaded.
    type: str
    choices: [content, version]
    default: content
"""
