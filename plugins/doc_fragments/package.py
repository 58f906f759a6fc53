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
      - Patterns of files to leave out when O(src) is a directory, in the syntax of C(.gitignore).
      - A C(.siignore) file in the directory is obeyed as C(si seq pack) of Scramjet's command line obeys it, which is
        not as C(.gitignore). A pattern is compared with the whole path, so that V(src) leaves out no
        C(node_modules/debug/src), and V(**/*.log) is needed for any depth. A slash at either end matches nothing and gives
        a warning. V(!x) leaves out everything but V(x).
      - What version control and caches leave in the directory, such as C(.git) and C(__pycache__), is always left out.
      - A pattern with V(!) takes back in what C(.siignore) or this default leaves out.
    type: list
    elements: str
    default: []
  secret_files:
    description:
      - What to do about files in O(src) that look like secrets, such as C(.env) or C(*.pem).
    type: str
    choices: [warn, fail, ignore]
    default: warn
"""

    SOURCE = r"""
options:
  src:
    description:
      - Package to deploy, a directory or a C(.tar.gz).
      - A relative path is searched as M(ansible.builtin.copy) does, in the role's C(files/) and then beside the playbook.
      - Nothing is built or installed. A package with C(dependencies) but without C(node_modules), or in Python
        with C(requirements.txt) but without C(__pypackages__), gives a warning.
    type: path
  remote_src:
    description:
      - Whether O(src) is on the machine where the task runs instead of on the controller.
    type: bool
    default: false
  compare:
    description:
      - With V(content), what the hub has is compared by a digest of the package's content, which is left on the hub as
        build metadata of the version (C(1.4.2+sha256.<hex>)). File times, owners, order and compression do not count.
      - With V(version), only name and version are compared, and a tarball is uploaded byte for byte. Use it for signed
        packages, and to adopt hubs that were filled by other tools.
    type: str
    choices: [content, version]
    default: content
"""
