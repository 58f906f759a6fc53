#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_event
short_description: Send events to running programs and wait for theirs
version_added: 0.1.0
description:
  - Sends an event to an instance, to a whole pool or to all instances of a sequence, waits for an event, or does both in one
    task, the subscription first, so that the reply cannot be missed.
  - A wait ends with the event, with a failure event, with the end of the instance (V(ENDED_EARLY), within two seconds) or
    with its bound (V(TIMEOUT)), whichever comes first.
  - On a 1.x hub a payload that is a number, a boolean, C("") or C({}) cannot be read back from an awaited event. That the
    event came is reported then, with RV(event.payload_lost=true). Let programs emit mappings or texts.
  - An event is delivered by name to one program; on a 1.x hub an event that a program I(emits) is heard by every other
    program on that hub that listens to this name.
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
      - Nothing is sent nor waited for, RV(event) is null. An instance that an earlier task would start is assumed to be there.
  diff_mode:
    support: N/A
    details:
      - An event leaves no state on the hub that could differ.
  idempotent:
    support: none
    details:
      - Sending always is a change; waiting never is.
options:
  instance:
    description:
      - Whom to talk to, a name or an id. The name of a pool or deployment means all of its live members.
      - One of O(instance) and O(sequence) is required.
    type: str
  sequence:
    description:
      - Talk to all live instances of this sequence, given by its ref, name or id.
    type: str
  send:
    description:
      - Name of the event to send. At least one of O(send) and O(expect) is required.
    type: str
  payload:
    description:
      - What the event carries, any value. Unset and null are the same here.
      - A 0.18 hub carries only texts; anything else is refused with V(UNSUPPORTED_BY_HUB) before it is sent. Give it as
        JSON text there, such as C("{{ value | to_json }}"). Without a payload an empty text is sent there.
    type: raw
  payload_json:
    description:
      - What the event carries as JSON text, with exact types on every ansible-core version, and for C(null).
      - Mutually exclusive with O(payload).
    type: str
  expect:
    description:
      - Name of the event to wait for. With O(send) it is subscribed to before the event is sent.
      - Letters, digits and punctuation that may stand in an address; the hub decodes nothing there.
    type: str
  expect_which:
    description:
      - V(next) is the next one from now on. V(last) is the latest one if there has been one, else the next.
      - V(last) cannot be used with O(send).
    type: str
    choices: [next, last]
    default: next
  failure_event:
    description:
      - Event that ends the wait as a failure (V(FAILURE_EVENT)), with its payload in the failure's C(event).
      - It is looked for in the same way as O(expect), so that with O(expect_which=last) one of earlier counts too.
    type: str
  wait_timeout:
    description:
      - Seconds to wait for each instance.
      - V(0) with O(expect_which=last) asks only for what has been emitted already; RV(event) is null if there is none.
    type: float
    default: 30
  max_parallel:
    description:
      - Instances talked to at once.
    type: int
    default: 8
  secret_keys:
    description:
      - Further dotted paths in payloads, and in the configuration of the instances, whose values are secret, with C(*) for any key.
        Values under keys that look secret always are.
      - One that fits nothing there is told in a warning.
    type: list
    elements: str
    default: []
  mask_output:
    description:
      - Whether secrets are masked in the payload of the awaited event, which C(masked) tells. These are values under keys that
        look secret or that O(secret_keys) name, and the secrets of the instance's configuration wherever they stand. Of the
        latter, short and common ones, such as C(test), C(production) or C(8080), are not looked for.
      - With V(false) it is returned as the program emitted it. A failure shows no secret all the same.
    type: bool
    default: true
seealso:
  - module: scramjet.sth.sth_instance
  - module: scramjet.sth.sth_stream
"""

EXAMPLES = r"""
- name: Run something that answers the event ping with pong
  scramjet.sth.sth_instance:
    name: web
    count: 2
    sequence: wordcount

- name: Ask one member and read its answer
  scramjet.sth.sth_event:
    instance: web-0
    send: ping
    payload:
      question: are you there
    expect: pong
    wait_timeout: 10
  register: answer

- name: Tell every member of the pool something
  scramjet.sth.sth_event:
    instance: web
    send: reload

- name: Wait until one says that it is ready, also if it has said so before
  scramjet.sth.sth_event:
    instance: web-0
    expect: pong
    expect_which: last
    failure_event: failed

- name: Send a number, exactly, to all instances of a sequence
  scramjet.sth.sth_event:
    sequence: wordcount
    send: set-level
    payload_json: "3"
"""

RETURN = r"""
event:
  description:
    - The awaited event of the first instance. Null where none was waited for, and in check mode.
    - After V(FAILURE_EVENT) the payload of O(failure_event), secrets masked.
  returned: success, and after O(failure_event)
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    payload:
      description: What it carried, secrets masked as O(mask_output) says.
      type: raw
    masked:
      description: Whether a secret in it was replaced by C(********).
      type: bool
    payload_lost:
      description: Whether the hub told that it came and could not deliver what it carried.
      type: bool
    received:
      description: When its answer arrived, by the clock of the machine where the task ran (ISO 8601, UTC).
      type: str
    elapsed:
      description: Seconds since the subscription.
      type: float
  sample: {"name": "pong", "payload": {"question": "are you there"}, "masked": false, "payload_lost": false,
           "received": "2026-01-01T12:00:00.000+00:00", "elapsed": 0.021}
events:
  description:
    - One element per instance, with the keys of RV(event) and C(instance) (its id), C(instance_name). On failure too, with
      C(error_code) and C(msg) where that one failed.
  returned: when there was somebody to talk to
  type: list
  elements: dict
notes:
  description: What is assumed in check mode, and that the hub's version is none that is known.
  returned: if there is any
  type: list
  elements: str
actions:
  description: What was, or in check mode would be, sent. Elements as RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
hub:
  description: The hub that was addressed. After a failure, what is not known of it is null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description: Machine-readable kind of the failure, such as V(TIMEOUT), V(ENDED_EARLY), V(FAILURE_EVENT) or V(NOT_FOUND).
  returned: failure
  type: str
http_status:
  description: The status of the hub's answer.
  returned: failure, if the hub answered with an error
  type: int
method:
  description: The method of the request that failed, such as V(POST).
  returned: failure of a request
  type: str
url:
  description: The address of the request that failed.
  returned: failure of a request
  type: str
instance:
  description: The hub's id of the instance that failed.
  returned: failure, if an instance failed
  type: str
outcome:
  description: How the instance ended.
  returned: failure, if the instance ended
  type: str
exit_code:
  description: What a 1.x hub reports for the instance.
  returned: failure, if the hub reports it
  type: int
reason:
  description: The hub's words for its end.
  returned: failure, if the hub tells it
  type: str
logs:
  description: The ends of what the instance said, C(stderr) and C(log), secrets scrubbed. A 0.18 hub keeps none.
  returned: failure, if the instance of a 1.x hub failed
  type: dict
"""

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
