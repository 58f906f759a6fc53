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
  - If a task uses the connection P(ansible.builtin.local#connection), as C(delegate_to=localhost) usually does, it runs inside
    C(ansible-playbook), which is faster than a module. It then uses the Python of C(ansible-playbook) and the C(requests) of that Python,
    and C(ansible_python_interpreter) has no effect. If a task has another connection, C(become), C(environment) or C(async), or
    if the controller is macOS or lacks C(requests), it runs as a module on its target. The results are the same.
  - To choose between the two, set the Ansible variable C(sth_entrance). V(auto) is the default and works as described. With V(module), the
    task always runs as a module. With V(in_process), it fails if it cannot run inside C(ansible-playbook).
  - After a failure, C(error_code) is one of V(AMBIGUOUS), V(BUILD_FAILED), V(CONFLICT), V(ENDED_EARLY), V(FAILURE_EVENT), V(HUB_ERROR),
    V(INSUFFICIENT_RESOURCES), V(INVALID_CONFIG), V(INVALID_OPTION), V(INVALID_PACKAGE), V(LOCAL_ERROR), V(NOT_FOUND), V(START_FAILED),
    V(TIMEOUT), V(UNAUTHORIZED), V(UNREACHABLE) and V(UNSUPPORTED_BY_HUB). The page C(docs/failures.md) of the collection explains each.
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
