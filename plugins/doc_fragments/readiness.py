# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that say when a started instance counts as ready."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment C(readiness)."""

    DOCUMENTATION = r"""
options:
  wait_for:
    description:
      - When a started instance counts as ready.
      - With V(running), when it has connected to the hub and is still alive after O(stable_for). A hub answers a start with
        success before the program is even loaded.
      - With V(event), when it emits O(ready_event).
      - With V(healthy), when it reports that it is, and still does after O(stable_for), three seconds at least. A hub takes every
        program for healthy until it has asked it.
      - With V(none), at once.
      - What runs already as it is wanted is not waited for once more. One that did not get ready in time goes on running, and a
        further run takes it for started.
    type: str
    choices: [running, event, healthy, none]
    default: running
  ready_event:
    description:
      - Name of the event for O(wait_for=event). Its payload should be neither empty nor V(0), which a 1.x hub does not keep.
    type: str
  failure_event:
    description:
      - Event that means failure at once, unless O(wait_for=none). Its payload is in the failure.
    type: str
  wait_timeout:
    description:
      - Seconds per instance until it must be ready.
    type: float
    default: 60.0
  stable_for:
    description:
      - Seconds it must stay alive with O(wait_for=running), and healthy with O(wait_for=healthy). V(0) does not watch it, or for
        three seconds if it must be healthy.
    type: float
    default: 2.0
  overload_timeout:
    description:
      - Seconds for which a start is repeated, with growing pauses, while the hub has no resources for it. V(0) fails at once.
    type: float
    default: 60.0
  start_attempts:
    description:
      - How often a start that failed its readiness is tried in all, each time as a new process after the failed one was
        ended.
    type: int
    default: 1
  max_parallel:
    description:
      - Starts and stops in flight at once; V(1) sees each ready before the next is begun.
      - A hub that is busy for more than a second loses touch with what runs on it. So no other start or stop is begun while it
        takes a quarter of a second longer to answer than at first, which holds up nothing for longer than O(overload_timeout) in all.
    type: int
    default: 4
"""
