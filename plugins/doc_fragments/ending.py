# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say how instances are ended."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment C(ending)."""

    DOCUMENTATION = r"""
options:
  stop_timeout:
    description:
      - Seconds that a program gets to end by itself. After that it is killed. V(0) kills it without asking.
      - A 1.x hub cannot kill a program that it has already told to stop if the program does not answer, for example because it
        is in an endless loop. Only V(0) ends such a program, within 16 seconds. An instance that did not become ready is killed
        without asking there.
      - The hub answers only after the full time, even if the program ends sooner.
    type: float
    default: 7.0
  can_keepalive:
    description:
      - Whether the program may ask for more time to end. The hub ends it after at most 11 seconds (0.18) or 15 seconds (1.x).
      - Has no effect on Python programs on a 1.x hub. Their stop handlers always get all the time that they need.
    type: bool
    default: false
  removal_timeout:
    description:
      - If the task needs an ended instance to be gone from the hub's list, seconds to wait for that. By default, a 1.x hub
        lists an ended instance for 195 seconds.
      - It also limits how long the task tries to delete a sequence. A 1.x hub refuses to delete a sequence until 15 seconds
        after its last instance has ended. If the hub still refuses after 25 seconds, the task fails at once, because then only
        a restart of the hub helps.
    type: float
    default: 240.0
"""
