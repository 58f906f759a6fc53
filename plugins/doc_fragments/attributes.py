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
    description: Can run in C(check_mode) and predict the changed status without modifying the hub.
  diff_mode:
    description: In diff mode, returns details on what has changed, or would change in C(check_mode).
  idempotent:
    description:
      - When run twice in a row outside check mode with the same arguments, the second run reports no change.
  platform:
    description: Target operating systems.
    platforms: posix
    support: full
notes:
  - If a task uses the connection P(ansible.builtin.local#connection), it runs inside the worker of C(ansible-playbook), which takes
    milliseconds instead of the half second of a module. Such a task uses the Python of C(ansible-playbook) and ignores an explicit
    C(ansible_python_interpreter). A task runs as a module on its target instead if it has another connection, C(become),
    C(environment) or C(async), or if the controller is macOS or lacks the library C(requests). Results are the same.
  - The variable C(sth_entrance) sets where tasks run. V(auto) is the default and works as described. V(module) always runs the module.
    V(in_process) fails if the task cannot run inside the worker.
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
