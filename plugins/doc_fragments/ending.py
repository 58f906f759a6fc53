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
      - If the task ends an instance, seconds that the program gets to end by itself. A program that still runs then is killed. V(0)
        kills it without asking first.
      - Every stop takes this time, even if the program ends sooner, because the hub answers only then. So set as little as your
        programs need.
      - A hub from 1.0 on cannot kill a program that it has asked to stop and that does not answer, for example because it is in an
        endless loop. The task then fails with C(error_code=TIMEOUT), and V(0) in a later task does not help. For such programs, use
        V(0) from the start, which ends them within 16 seconds. Such a hub kills an instance that did not become ready without
        asking it first.
    type: float
    default: 7.0
  can_keepalive:
    description:
      - If the task ends an instance, whether the program may ask for more time than O(stop_timeout). A hub before 1.0 ends it after
        11 seconds at most, and a newer hub after 15 seconds.
      - This has no effect on Python programs on a hub from 1.0 on. Their stop handlers always get the time that they need, even
        beyond O(stop_timeout).
    type: bool
    default: false
  removal_timeout:
    description:
      - If the task has to wait until the hub no longer lists an ended instance, seconds to wait for that. After that it fails with
        C(error_code=TIMEOUT). A hub from 0.24.3 on lists an ended instance for 195 seconds by default. Older hubs do not list it.
      - A removal of a package is tried for 25 seconds, or for this time if it is shorter, because a newer hub refuses it until 15
        seconds after the last instance has ended. After that it fails with C(error_code=CONFLICT).
    type: float
    default: 240.0
"""
