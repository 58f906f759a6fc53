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
      - Seconds that a program is given to end by itself; then it is killed. V(0) kills it without asking.
      - On a 1.x hub a program that does not answer, such as one that computes without an end, cannot be killed any more once it
        was told to stop; only V(0) ends it, within 16 seconds. What never got ready is killed without asking there.
      - The hub answers only after this whole time, even if the program ends at once.
    type: float
    default: 7.0
  can_keepalive:
    description:
      - Whether the program may ask for more time. The hub caps what it gets, at 11 seconds (0.18) or 15 seconds (1.x).
      - Not said to programs in Python on a 1.x hub, whose stop handlers get all the time that they take.
    type: bool
    default: false
  removal_timeout:
    description:
      - Where a record must be gone, seconds to wait for that. A 1.x hub keeps ended records for 195 seconds by default.
      - It bounds the deletion of a sequence too, which a 1.x hub refuses until 15 seconds after its last instance's end. If it
        refuses for more than 25 seconds, the deletion fails then, since only a restart of the hub would help.
    type: float
    default: 240.0
"""
