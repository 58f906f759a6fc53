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
      - When an instance that the task starts counts as ready. If it does not become ready in time, the task fails with
        C(error_code=TIMEOUT). If it ends before it is ready, the task fails with C(START_FAILED) if the program failed or the hub does not
        report how it ended, and with C(ENDED_EARLY) if the program completed or was stopped.
      - V(running) waits until the instance has connected to the hub and is still alive O(stable_for) seconds later. The wait is needed
        because a hub reports success before the program is loaded.
      - V(event) waits until the program emits O(ready_event).
      - V(healthy) waits until the program reports that it is healthy, and goes on reporting it for O(stable_for) seconds, but for at least
        three seconds. The reason is that a hub reports every program as healthy during its first seconds.
      - V(none) does not wait.
      - If an instance already runs as the task describes it, the task does not wait for it again.
    type: str
    choices: [running, event, healthy, none]
    default: running
  ready_event:
    description:
      - Name of the event that the program emits when it is ready. Required with O(wait_for=event), and not allowed with other values.
      - Let the program emit the event with a payload, such as a mapping, which may be empty. A hub from 0.38 on does not keep an event
        without a payload, or with the payload V(0), V(false), V(null) or an empty string, so the task can miss such an event. It keeps an event
        with any other payload.
    type: str
  failure_event:
    description:
      - Name of an event that the program emits if it fails. If the event comes while the task waits for the instance, the task fails at
        once with C(error_code=START_FAILED), and returns the payload of the event. It has no effect with O(wait_for=none).
      - The task then does the same as after O(wait_timeout). So this is a failed attempt of O(start_attempts). After the last attempt, the
        instance keeps running, unless the task stops it or rolls back.
    type: str
  wait_timeout:
    description:
      - How many seconds each instance may take to become ready. After that, the task fails with C(error_code=TIMEOUT). With
        O(wait_for=running) and O(wait_for=healthy), O(stable_for) is added to this time.
    type: float
    default: 60.0
  stable_for:
    description:
      - How many seconds the instance must stay alive with O(wait_for=running), or healthy with O(wait_for=healthy). It has no effect with
        other values of O(wait_for).
    type: float
    default: 2.0
  overload_timeout:
    description:
      - If the hub refuses a start because it lacks memory or CPU, how many seconds the task keeps trying, with growing pauses. After that,
        it fails with C(error_code=INSUFFICIENT_RESOURCES). With V(0), it fails at the first refusal.
    type: float
    default: 60.0
  start_attempts:
    description:
      - How many times the task starts an instance, at most, until one becomes ready. With V(1), it does not try again. Before each new
        attempt, the task ends the instance of the previous attempt.
    type: int
    default: 1
  max_parallel:
    description:
      - How many instances the task starts or stops at the same time, at most. A new instance counts until the hub has started it. If it
        takes the place of another instance, or if this option is V(1), it counts until it is ready.
      - If the hub answers slowly, the task starts fewer at a time, because a hub that is too busy loses its instances. It waits for a
        slow hub for up to O(overload_timeout) seconds in total, and then goes on.
    type: int
    default: 4
"""
