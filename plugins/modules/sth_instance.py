#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_instance
short_description: Start, restart, stop or run to completion what a Scramjet Transform Hub runs
version_added: 0.1.0
description:
  - Makes sure that a named instance of a package runs as described, or a pool of them, or that it does not; or runs it once
    to its end and collects what it says.
  - The hub itself starts a new process with every call. This module gives an instance a name, which it carries in its own
    configuration, and recognises it by that.
author:
  - scramjet.sth contributors (@scramjetorg)
extends_documentation_fragment:
  - scramjet.sth.hub
  - scramjet.sth.hub.actiongroup_hub
  - scramjet.sth.attributes
  - scramjet.sth.program
  - scramjet.sth.readiness
  - scramjet.sth.ending
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - O(state=started), O(state=stopped) and O(state=absent) are idempotent.
      - O(state=restarted) always restarts, and O(state=completed) with O(sequence) always runs it again.
options:
  state:
    description:
      - With V(started), it runs as described; what has ended is started again.
      - With V(restarted), it is ended and started again, always. Options that are not given, O(sequence) included, are
        taken from what runs. The members of a pool are restarted one after the other, and no further one after a failure.
        One without a name gets a new id.
      - With V(stopped), it has no live process. A hub cannot hold a stopped instance for later.
      - With V(absent), its record is gone too, which takes minutes on a 1.x hub.
      - With V(completed), it is run to its end and what it says is collected. The task fails unless its outcome is
        V(completed). Without O(sequence), only a live one is waited for.
    type: str
    choices: [started, restarted, stopped, absent, completed]
    default: started
  name:
    description:
      - Name of the instance, unique on its hub; or of a pool, together with O(count).
      - One of O(name), O(id) and O(all) is required.
    type: str
  count:
    description:
      - Makes O(name) a pool of so many members, C(<name>-0), C(<name>-1) and so on. V(0) is allowed.
      - Scaling down ends the members with the highest indexes.
      - Refused with O(state=stopped) and O(state=absent), where O(name) alone means all members.
    type: int
  id:
    description:
      - The hub's id of an instance instead of a name; 36 characters to start one with it (1.x).
      - Such an instance carries no name. One that has a name is not started anew by its id, which would change; give its name.
      - To start one again under an id, the hub has to have forgotten the one that ended, which takes 195 seconds by default and
        is waited for as long as O(removal_timeout). A name has nothing to wait for.
    type: str
  all:
    description:
      - With O(sequence) and O(state=stopped), O(state=absent) or O(state=restarted), every instance of the sequences that
        it fits, named or not.
    type: bool
    default: false
  sequence:
    description:
      - What to run. An id, a name, V(name@version) or V(name@sha256:<7 or more hex digits>).
      - Use the C(ref) that M(scramjet.sth.sth_sequence) returns; it is known in check mode too. What is not on the hub then
        is assumed to be uploaded by an earlier task.
      - Needed to start something, unless it only takes the place of what runs.
    type: str
  on_change:
    description:
      - What to do when what runs differs in an option that is set. V(recreate) ends it and starts it anew. If that does not
        become ready, what ran before is started again, and the task fails. The same holds for O(state=restarted).
    type: str
    choices: [recreate, keep, fail]
    default: recreate
  if_running:
    description:
      - What O(state=completed) does when an instance of this name lives already.
      - V(attach) waits for it if it is the same, and fails otherwise. V(replace) ends it and starts anew.
      - A run that is joined is not fed again, and what it said before is not collected; RV(notes) say so.
    type: str
    choices: [attach, fail, replace]
    default: attach
  input:
    description:
      - What O(state=completed) feeds to the program while its output is read. One of O(input.content), O(input.lines) and
        O(input.src).
    type: dict
    suboptions:
      content:
        description:
          - Text.
        type: str
      lines:
        description:
          - Values, each of which becomes a line of JSON.
        type: list
        elements: raw
      src:
        description:
          - File, which is streamed.
        type: path
      remote_src:
        description:
          - Whether O(input.src) is on the machine where the task runs instead of on the controller.
        type: bool
        default: false
      stream:
        description:
          - Where it goes.
        type: str
        choices: [input, stdin]
        default: input
      content_type:
        description:
          - What it is. C(text/plain) for O(input.content), C(application/x-ndjson) for O(input.lines) and
            C(application/octet-stream) for O(input.src), unless set.
        type: str
      end:
        description:
          - Whether the stream is ended afterwards. Cannot be undone.
        type: bool
        default: true
  collect:
    description:
      - Streams that O(state=completed) reads while the program runs, all four by default. Reading consumes a stream, nobody
        else gets these bytes.
    type: list
    elements: str
    choices: [output, stdout, stderr, log]
  collect_max_bytes:
    description:
      - Bytes of each stream that go into the result. The rest is read and dropped, and C(truncated) says so.
    type: int
    default: 1048576
  mask_output:
    description:
      - Whether secrets are masked in what is collected and in the payload of the O(completion_event), which C(masked) and
        RV(event_masked) tell. Of the secrets of the configuration, short and common ones, such as C(test), C(production) or
        C(8080), are not looked for there.
      - With V(false) it is returned as the program wrote it. In the C(log), into which the hub writes the configuration, and in
        what a failure says, every secret is masked all the same.
    type: bool
    default: true
  output_dest:
    description:
      - File that receives the whole C(output) as it is, on the machine where the task runs, with mode C(0600); then it is not
        in the result.
      - It appears when the run has completed. What had come of it when the reading broke, or at O(run_timeout), lies beside it as
        C(<name>.partial).
    type: path
  completion_event:
    description:
      - With O(state=completed), this event is the completion. Its payload is returned, and the instance is then stopped.
      - A Python program needs none, whose C(log) tells that it has finished, and is always read.
      - A 0.18 hub forgets a Python program with its events as soon as it ends. One that emits this event and ends within some
        milliseconds of its start is not heard.
    type: str
  run_timeout:
    description:
      - With O(state=completed), seconds that the run may take. Then the task fails, and the instance is left as it is.
      - It fails before that where its input, its output or the wait for its events breaks, with the cause.
    type: float
    default: 3600.0
seealso:
  - module: scramjet.sth.sth_sequence
  - module: scramjet.sth.sth_instance_info
"""

EXAMPLES = r"""
- name: Have the package on the hub
  scramjet.sth.sth_sequence:
    src: packages/wordcount
  register: package

- name: Keep one instance running
  scramjet.sth.sth_instance:
    name: counter
    sequence: "{{ package.sequence.ref }}"
    app_config:
      interval: 5

- name: Run a package once and collect what it says
  scramjet.sth.sth_instance:
    name: nightly
    sequence: "{{ package.sequence.ref }}"
    state: completed
    app_config:
      behaviour: complete
    run_timeout: 300
  register: nightly

- name: Use the output
  ansible.builtin.debug:
    msg: "{{ nightly.collected.output.content }}"

- name: Feed a run, and keep its output in a file
  scramjet.sth.sth_instance:
    name: convert
    sequence: "{{ package.sequence.ref }}"
    state: completed
    app_config:
      behaviour: echo
    input:
      lines:
        - {city: Berlin}
        - {city: Warsaw}
    collect: [output, stderr]
    output_dest: "{{ build_dir }}/converted.ndjson"

- name: Wait for what a program calls its result, and end it then
  scramjet.sth.sth_instance:
    name: report
    sequence: "{{ package.sequence.ref }}"
    state: completed
    app_config:
      events:
        - {name: report, payload: {words: 12}}
    completion_event: report
    stop_timeout: 1
  register: report

- name: Start a server, which says when it is ready or what keeps it from that
  scramjet.sth.sth_instance:
    name: server
    sequence: "{{ package.sequence.ref }}"
    app_config:
      events:
        - {name: listening, payload: {port: 8080}}
    wait_for: event
    ready_event: listening
    failure_event: cannot-listen

- name: Restart it with the configuration that it has
  scramjet.sth.sth_instance:
    name: server
    state: restarted
    stop_timeout: 1

- name: Keep a pool of three running, each with its own shard, and the first with an option of its own
  scramjet.sth.sth_instance:
    name: worker
    count: 3
    sequence: "{{ package.sequence.ref }}"
    index_key: shard
    app_config:
      shards: 3
    overrides:
      - app_config: {primary: true}

- name: Scale it down
  scramjet.sth.sth_instance:
    name: worker
    count: 1
    stop_timeout: 1

- name: End everything that runs from a package
  scramjet.sth.sth_instance:
    all: true
    sequence: wordcount
    state: stopped
    stop_timeout: 1
"""

RETURN = r"""
instance:
  description:
    - The instance, or the first of several. Null if there is none.
    - After a failure only the hub's id of the instance that failed, if there was one.
  returned: success, and after an instance has failed
  type: dict
  contains:
    id:
      description: The hub's id. Null in check mode if it is yet to be started.
      returned: success
      type: str
    name:
      description: Its name. Null if it was started by other means.
      returned: success
      type: str
    index:
      description: Its index in its pool.
      returned: success
      type: int
    deployment:
      description: The deployment it belongs to.
      returned: success
      type: str
    sequence:
      description: What it runs, C(id) and C(ref).
      returned: success
      type: dict
    app_config:
      description: Its configuration, secrets masked.
      returned: success
      type: dict
    args:
      description: Its arguments, secrets masked.
      returned: success
      type: list
      elements: raw
    live:
      description: Whether its process has not ended.
      returned: success
      type: bool
    status:
      description: One of V(starting), V(running), V(stopping) and V(ended).
      returned: success
      type: str
    outcome:
      description:
        - How it ended, one of V(completed), V(failed), V(stopped), V(killed) and V(unknown). Null while it lives.
      returned: success
      type: str
    exit_code:
      description: What a 1.x hub reports, which is V(-1) for success. Null where the hub reports none.
      returned: success
      type: int
    reason:
      description: The hub's words for its end.
      returned: success
      type: str
    created:
      description: When it was created, as the hub says it.
      returned: success
      type: str
    started:
      description: When it was started.
      returned: success
      type: str
    ended:
      description: When it ended.
      returned: success
      type: str
instances:
  description: All of them, by index. Elements as RV(instance).
  returned: success
  type: list
  elements: dict
collected:
  description:
    - What O(state=completed) collected, by stream. Empty in check mode and for other states.
    - C(truncated) tells that there was more, C(lossy) that half a character was dropped at the end, and C(masked) that a secret
      was replaced by C(********), see O(mask_output). C(bytes) and C(sha256) are those of all that the program wrote.
  returned: success, and after a run that failed
  type: dict
  sample:
    output:
      content: "done"
      encoding: utf-8
      bytes: 4
      truncated: false
      lossy: false
      masked: false
      path: null
      sha256: 6a5aebd1a6b1bd1e4b8b5d5f8a9d3f3b7e1a6a6e1e1a...
event:
  description: Payload of O(completion_event), as O(mask_output) says; after a failure, of O(failure_event), secrets masked.
  returned: success, and after the program has emitted O(failure_event)
  type: raw
event_masked:
  description: Whether a secret in the payload of the O(completion_event) was replaced by C(********).
  returned: success
  type: bool
notes:
  description: What is assumed in check mode, whether a run that was under way was joined, which topics the hub has (see
    O(output_topic)), and that the hub's version is none that is known.
  returned: if there is any
  type: list
  elements: str
actions:
  description: What was, or in check mode would be, written. Elements as RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
hub:
  description: The hub that was addressed. After a failure, what is not known of it is null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description: Machine-readable kind of the failure, such as V(START_FAILED), V(ENDED_EARLY) or V(TIMEOUT).
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
outcome:
  description: How a failed instance ended.
  returned: failure, if an instance ended
  type: str
exit_code:
  description: What a 1.x hub reports for a failed instance.
  returned: failure, if the hub reports it
  type: int
reason:
  description: The hub's words for the end of the failed instance.
  returned: failure, if the hub tells it
  type: str
logs:
  description: The ends of what a failed instance said, C(stderr) and C(log), secrets scrubbed. A 0.18 hub keeps none.
  returned: failure, if an instance of a 1.x hub failed
  type: dict
"""

from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import reconcile as reconcile_state
from ansible_collections.scramjet.sth.plugins.module_utils.job.reconcile import reconcile as reconcile_completed
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task


def reconcile(run: Run) -> Result:
    """Run to completion, or bring into the wanted state."""
    return reconcile_completed(run) if run.options["state"] == "completed" else reconcile_state(run)


TASK = Task(
    reconcile=reconcile,
    options={
        "state": {
            "type": "str",
            "default": "started",
            "choices": ["started", "restarted", "stopped", "absent", "completed"],
        },
        "name": {"type": "str"},
        "count": {"type": "int"},
        "id": {"type": "str"},
        "all": {"type": "bool", "default": False},
        "sequence": {"type": "str"},
        "on_change": {"type": "str", "default": "recreate", "choices": ["recreate", "keep", "fail"]},
        "if_running": {"type": "str", "default": "attach", "choices": ["attach", "fail", "replace"]},
        "input": {
            "type": "dict",
            "options": {
                "content": {"type": "str"},
                "lines": {"type": "list", "elements": "raw"},
                "src": {"type": "path"},
                "remote_src": {"type": "bool", "default": False},
                "stream": {"type": "str", "default": "input", "choices": ["input", "stdin"]},
                "content_type": {"type": "str"},
                "end": {"type": "bool", "default": True},
            },
            "mutually_exclusive": [("content", "lines", "src")],
            "required_one_of": [("content", "lines", "src")],
        },
        "collect": {"type": "list", "elements": "str", "choices": ["output", "stdout", "stderr", "log"]},
        "collect_max_bytes": {"type": "int", "default": 1048576},
        "mask_output": {"type": "bool", "default": True},
        "output_dest": {"type": "path"},
        "completion_event": {"type": "str"},
        "run_timeout": {"type": "float", "default": 3600.0},
        **specs.PROGRAM,
        **specs.READINESS,
        **specs.ENDING,
    },
    constraints={"mutually_exclusive": [("name", "id")]},
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
