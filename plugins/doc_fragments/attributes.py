# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes that modules declare."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments C(attributes) and C(attributes.info_module)."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the hub.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode with the same arguments, the second run reports no change.
  platform:
    description: Target operating systems.
    platforms: posix
    support: full
notes:
  - A task that runs on the controller itself does so inside the worker of C(ansible-playbook), which takes milliseconds where a module
    takes half a second, and ignores an explicit C(ansible_python_interpreter). That is so if its connection is P(ansible.builtin.local#connection),
    it has no C(become), C(environment) or C(async), and the controller is not macOS and has the library C(requests). Any other task is run as a
    module on its target. Results are the same.
  - The variable C(sth_entrance) chooses one of the two. V(auto) is the default and does as described, V(module) always runs the module, and
    V(in_process) fails where the task cannot run so.
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module only reads.
  diff_mode:
    support: N/A
    details:
      - This module only reads.
  idempotent:
    support: full
    details:
      - This module only reads.
"""
