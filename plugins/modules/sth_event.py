#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_event
short_description: Send events to running programs and wait for events from them
version_added: 1.0.0
description:
  - Sends an event to an instance, a pool or all instances of a sequence, waits for an event from them, or does both.
  - With both O(send) and O(expect), the task subscribes to the reply before it sends the event, so that it cannot miss the reply.
  - A wait ends when the event comes. It fails with C(error_code=FAILURE_EVENT) if O(failure_event) comes, with C(ENDED_EARLY) if
    the instance ends, and with C(TIMEOUT) after O(wait_timeout) seconds.
  - Write programs so that the payload of an event is a mapping, or a string that is not empty. If a program emits a number, a boolean,
    C("") or C({}), a hub from 0.38 on reports the event without its payload, and the task returns RV(event.payload_lost=true).
  - An event that this module sends reaches only the instances that the task selects. But on a hub from 1.0 on, an event that a program
    I(emits) also reaches every other program on the hub that listens to an event of this name.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
attributes:
  check_mode:
    support: full
    details:
      - The task sends no event and does not wait, and RV(event) is null. If the instance is not there, the task assumes that an
        earlier task would start it.
  diff_mode:
    support: N/A
    details:
      - An event changes no state on the hub, so there is nothing to compare.
  idempotent:
    support: none
    details:
      - A task that sends an event always reports a change. A task that only waits for an event never reports a change.
options:
  instance:
    description:
      - Name or id of the instance. The name of a pool or deployment selects all its live members.
      - If none is alive, the task fails with C(error_code=NOT_FOUND), or with C(ENDED_EARLY) if the hub still lists one that has
        ended. Only with O(expect_which=last), the task does not fail then, but looks for the event of the one that ended last.
      - Set either O(instance) or O(sequence).
    type: str
  sequence:
    description:
      - Ref, name or id of a sequence, or V(name@current), see O(scramjet.sth.sth_instance#module:sequence). The task selects all its
        live instances. If it has none, the task fails with C(error_code=NOT_FOUND). If the name matches several versions, the task fails
        with C(error_code=AMBIGUOUS).
    type: str
  send:
    description:
      - Name of the event to send. Set O(send), O(expect) or both.
    type: str
  payload:
    description:
      - Payload of the event to O(send), a value of any type. If it is not set or C(null), the event has no payload. To send C(null) as the
        payload, use O(payload_json).
      - A hub before 0.39 accepts only strings. With any other value, the task fails with C(error_code=UNSUPPORTED_BY_HUB) before it sends
        anything. Send such a value as JSON text, such as C("{{ value | to_json }}"). If there is no payload, the task sends an empty
        string to such a hub.
    type: raw
  payload_json:
    description:
      - Payload of the event to O(send), as JSON text. Use it instead of O(payload) to send C(null), or to send a number from a template,
        which ansible-core 2.16 to 2.18 turns into a string.
      - Mutually exclusive with O(payload).
    type: str
  expect:
    description:
      - Name of the event to wait for. If not set, the task does not wait.
      - The name becomes part of an address. So use only letters, digits and punctuation such as C(-), C(_), C(.) and C(:). Other names are
        refused with C(error_code=INVALID_OPTION). The same holds for O(failure_event), but not for O(send).
      - If several instances are selected, the task waits for the event from B(each) of them. If one fails, the task waits for the others
        too, and then fails.
    type: str
  expect_which:
    description:
      - V(next) waits for an event that is emitted after the task has begun to wait.
      - V(last) returns the latest event of this name that the instance has emitted since its start, however long ago, even if an earlier
        task has already returned it. If there is none, the task waits for the next one. A hub from 0.38 on does not keep an event without
        a payload, or with the payload C(0), C(false) or C(""), so V(last) does not find such an event.
      - V(last) cannot be used with O(send).
    type: str
    choices: [next, last]
    default: next
  failure_event:
    description:
      - Name of an event by which the program reports a failure. If it comes before the event O(expect), the task stops waiting and fails
        with C(error_code=FAILURE_EVENT). RV(event) is then its payload. Requires O(expect).
      - With O(expect_which=last), a failure event that was emitted before the task counts too.
    type: str
  wait_timeout:
    description:
      - Seconds to wait for the event of each instance. After that, the task fails with C(error_code=TIMEOUT).
      - V(0) is allowed only with O(expect_which=last). The task then does not wait, and RV(event) is null if the event was not emitted
        before.
    type: float
    default: 30
  max_parallel:
    description:
      - How many instances the task talks to at the same time, at most. For the others, it starts to wait only when an earlier instance is
        done. So if you set O(expect) without O(send), set this to the number of instances or more. Otherwise the task can miss events of
        the instances that it talks to later.
    type: int
    default: 8
  secret_keys:
    description:
      - Dotted paths in payloads, and in the configuration of the instances, whose values are masked in results, in addition to values under
        keys that look secret. See O(scramjet.sth.sth_instance#module:secret_keys).
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
  mask_output:
    description:
      - Whether to mask secrets in the payload of the event that O(expect) waits for. If any secret was masked, RV(event.masked)
        is true.
      - Values are masked if their key looks secret or is in O(secret_keys). Secrets of the configuration of the instance are masked
        everywhere in the payload. Exceptions are secrets with fewer than 6 characters, and secrets with fewer than 12 characters that
        have only letters or only digits, such as C(production).
      - V(false) returns the payload as the program emitted it. If the task fails, secrets are masked in any case.
    type: bool
    default: true
seealso:
  - module: scramjet.sth.sth_instance
  - module: scramjet.sth.sth_stream
"""

EXAMPLES = r"""
- name: Run a program that answers the event ping with pong
  scramjet.sth.sth_instance:
    name: web
    count: 2
    sequence: wordcount

- name: Send an event to one member and wait for the answer
  scramjet.sth.sth_event:
    instance: web-0
    send: ping
    payload: are you there
    expect: pong
    wait_timeout: 10
  register: answer

- name: Send an event without a payload to every member of the pool
  scramjet.sth.sth_event:
    instance: web
    send: reload

- name: Wait for an event, or return it at once if it was emitted before
  scramjet.sth.sth_event:
    instance: web-0
    expect: pong
    expect_which: last
    failure_event: failed

- name: Send a number to all instances of a sequence, on a hub from 0.39 on
  scramjet.sth.sth_event:
    sequence: wordcount
    send: set-level
    payload_json: "3"
"""

RETURN = r"""
event:
  description:
    - The event of the first instance in RV(events). Null if the task did not wait, and in check mode.
    - If the task fails with V(FAILURE_EVENT), this is not a dictionary with these keys. It is the payload of O(failure_event), with
      secrets masked.
  returned: success, and after O(failure_event)
  type: dict
  contains:
    name:
      description: Name of the event.
      type: str
    payload:
      description: Payload of the event. O(mask_output) sets whether secrets are masked.
      type: raw
    masked:
      description: Whether a secret in RV(event.payload) was replaced by C(********).
      type: bool
    payload_lost:
      description: Whether the hub reported the event without its payload.
      type: bool
    received:
      description: When the event arrived, by the clock of the machine where the task ran (ISO 8601, UTC).
      type: str
    elapsed:
      description: Seconds from the subscription to the event.
      type: float
  sample: {"name": "pong", "payload": "are you there", "masked": false, "payload_lost": false,
           "received": "2026-01-01T12:00:00.000+00:00", "elapsed": 0.021}
events:
  description:
    - One element per instance, with the keys of RV(event), C(instance) (the id) and C(instance_name). If an instance failed, its
      element also has C(error_code) and C(msg).
  returned: success, and after an instance has failed
  type: list
  elements: dict
notes:
  description: Remarks. For example, what the task assumed in check mode, and as which version it treats a hub that is newer or older than
    all versions that it knows.
  returned: if there are any
  type: list
  elements: str
actions:
  description: What the task sent, or in check mode would send. Elements are as in RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
hub:
  description: The hub that the task used. After a failure, values that are not known are null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description: Machine-readable code of the failure, such as V(TIMEOUT), V(ENDED_EARLY), V(FAILURE_EVENT) or V(NOT_FOUND).
  returned: failure
  type: str
http_status:
  description: HTTP status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: Method of the request that failed, such as V(POST).
  returned: failure of a request
  type: str
url:
  description: URL of the request that failed.
  returned: failure of a request
  type: str
instance:
  description: Id of the instance that failed.
  returned: failure, if an instance failed
  type: str
outcome:
  description: How the instance ended, as in RV(scramjet.sth.sth_instance#module:instance.outcome).
  returned: failure, if the instance ended
  type: str
exit_code:
  description: Exit code that the hub reports for the instance.
  returned: failure, if the hub reports it
  type: int
reason:
  description: Why the instance ended, in the words of the hub.
  returned: failure, if the hub reports it
  type: str
logs:
  description: The last part of C(stderr) and C(log) of the instance, secrets masked. A hub before 0.24.3 keeps neither.
  returned: failure, if the instance failed and the hub keeps them
  type: dict
"""

from ansible_collections.scramjet.sth.plugins.module_utils.event.options import EventOptions
from ansible_collections.scramjet.sth.plugins.module_utils.event.reconcile import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "instance": {"type": "str"},
        "sequence": {"type": "str"},
        "send": {"type": "str"},
        "payload": {"type": "raw"},
        "payload_json": {"type": "str"},
        "expect": {"type": "str"},
        "expect_which": {"type": "str", "default": "next", "choices": ["next", "last"]},
        "failure_event": {"type": "str"},
        "wait_timeout": {"type": "float", "default": 30.0},
        "max_parallel": {"type": "int", "default": 8},
        "secret_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "mask_output": {"type": "bool", "default": True},
    },
    options_type=EventOptions,
    constraints={
        "required_one_of": [("instance", "sequence"), ("send", "expect")],
        "mutually_exclusive": [("instance", "sequence"), ("payload", "payload_json")],
    },
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
