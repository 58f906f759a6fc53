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
      - If the task ends an instance, how many seconds the program gets to end by itself. If it still runs after that, it is killed. With
        V(0), the program is not asked to stop, but killed at once. It then ends within two seconds, or within 16 seconds if it is busy and
        does not answer.
      - Every stop takes this time, even if the program ends sooner, because the hub answers only after it. So set no more than your
        programs need.
      - A hub from 1.0 on cannot kill a program that it has asked to stop and that does not answer, for example because it is in an
        endless loop. The task then fails with C(error_code=TIMEOUT), and V(0) in a later task does not help. Only
        M(scramjet.sth.sth_sequence) with O(scramjet.sth.sth_sequence#module:in_use=stop) ends it then, together with its package. For such
        programs, use V(0) from the start. If the task ends an instance because it did not become ready, it kills it on such a hub without
        asking it to stop.
      - A hub from 1.0 on does not kill a Python program while its stop handler runs. If the handler needs more than 20 seconds longer than
        this option, the task fails with C(error_code=TIMEOUT), and the program ends when the handler is done.
    type: float
    default: 7.0
  can_keepalive:
    description:
      - If the task ends an instance, whether the program's stop handler may ask for more time than O(stop_timeout). If it does, the task waits up to
        16 seconds longer. With V(true), the hub ends the program 11 to 15 seconds after its stop handler has returned, however much time it has
        asked for, and even if O(stop_timeout) is longer.
      - This has no effect on Python programs on a hub from 1.0 on, see O(stop_timeout).
    type: bool
    default: false
  removal_timeout:
    description:
      - If the task has to wait until the hub no longer lists an ended instance, how many seconds it waits. After that, it fails with
        C(error_code=TIMEOUT). A hub from 0.24.3 on lists an ended instance for 195 seconds by default. An older hub does not list it.
      - A hub from 0.24.3 on refuses to remove a package until 15 seconds after its last instance has ended. So the task tries to remove a
        package for 25 seconds, or for this time if it is shorter. A larger value does not make it try longer. After that, it fails with
        C(error_code=CONFLICT). If it has uploaded a new package before, both are then on the hub, and the next run removes the old one. An
        update by M(scramjet.sth.sth_deployment) does not fail, but leaves the old package to the next run.
    type: float
    default: 240.0
"""
