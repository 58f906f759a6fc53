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
      - V(running) waits until the instance has connected to the hub and is still alive O(stable_for) seconds later. A hub answers
        a start with success before the program is loaded.
      - V(event) waits until the program emits O(ready_event).
      - V(healthy) waits until the program reports that it is healthy, and still does O(stable_for) seconds later, at least three.
        A hub reports every program as healthy until it has asked the program.
      - V(none) does not wait.
      - If an instance already runs as the task describes it, the task does not wait for it again. If M(scramjet.sth.sth_instance)
        starts an instance that does not become ready in time, it keeps running, and later runs treat it as started.
    type: str
    choices: [running, event, healthy, none]
    default: running
  ready_event:
    description:
      - Name of the event for O(wait_for=event). Required with it, and not allowed without it.
      - Let the program emit it with a payload. A 1.x hub does not keep an event without a payload, or with the payload V(0),
        V(false) or an empty string.
    type: str
  failure_event:
    description:
      - Name of an event that the program emits if it fails. If it comes while the task waits until the instance is ready, or until
        a run has ended, the task fails at once and returns the payload of the event. O(wait_for=none) does not wait until it is
        ready.
    type: str
  wait_timeout:
    description:
      - Seconds that each instance may take to become ready. With O(wait_for=running) and O(wait_for=healthy), O(stable_for) is
        added to it.
    type: float
    default: 60.0
  stable_for:
    description:
      - Seconds that the instance must stay alive with O(wait_for=running), or healthy with O(wait_for=healthy).
      - V(0) does not watch it with O(wait_for=running), and watches it for three seconds with O(wait_for=healthy).
    type: float
    default: 2.0
  overload_timeout:
    description:
      - If the hub lacks the resources for a start, seconds to try it again, with growing pauses. V(0) fails at once.
    type: float
    default: 60.0
  start_attempts:
    description:
      - How many times to start an instance that does not become ready. The failed process is ended before each new attempt.
    type: int
    default: 1
  max_parallel:
    description:
      - How many starts and stops run at the same time. With V(1), each instance must be ready before the next one is started.
      - A hub that is busy for more than a second loses the connection to its instances. So the task begins no other start or
        stop while the hub takes a quarter of a second longer to answer than at first. It waits for this at most
        O(overload_timeout) seconds in total.
    type: int
    default: 4
"""
