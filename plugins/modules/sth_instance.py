#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_instance
short_description: Start, restart, stop or run to completion instances on a Scramjet Transform Hub
version_added: 1.0.0
description:
  - Starts, restarts or stops an instance of a package, or a pool of instances. It can also run an instance once to its end and
    collect its output. The package must be on the hub, where it is called a I(sequence).
  - A hub starts a new process with every call. This module gives an instance a name, which the instance carries in its
    configuration. So a second run recognises the instance by its name.
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
      - O(state=restarted) always restarts. O(state=completed) with O(sequence) always runs again.
options:
  state:
    description:
      - V(started) starts the instance as the task describes it. If it runs, but not as the task describes it, O(on_change) sets what
        happens. If it has ended, it is started again from O(sequence). Nothing is then taken from the ended instance, so options that are
        not set are empty.
      - If V(started) starts an instance where none ran, and it does not become ready, the task fails but B(the instance keeps running), and
        later runs treat it as started. The examples show how to end it.
      - V(restarted) always ends the instance and starts it again. O(sequence), O(app_config), O(args), O(input_topic) and
        O(output_topic) are taken from the instance that runs if they are not set. If none runs, one is started from O(sequence). If
        O(sequence) is not set either, the task fails with C(error_code=NOT_FOUND). The members of a pool are restarted one at a time. If one fails, the
        others are not restarted. An instance without a name gets a new id.
      - V(stopped) ends the instance. A hub cannot keep a stopped instance to start it later.
      - V(absent) ends the instance too, and then waits until the hub no longer lists it. By default, this takes more than three minutes
        on a hub from 0.24.3 on. You need it only before you use an O(id) again or overwrite a package.
      - V(completed) runs the instance to its end and collects its output. The task fails unless the outcome is V(completed). If the task
        itself stops the instance because an option such as O(completion_event) says that the run is complete, the outcome is V(completed)
        too. O(wait_for_exit) describes when a run without such an option is complete.
      - V(completed) without O(sequence) does not start an instance, but waits for one that is alive. If none is alive, for example because
        it has just ended, the task fails with C(error_code=NOT_FOUND).
    type: str
    choices: [started, restarted, stopped, absent, completed]
    default: started
  name:
    description:
      - Name of the instance, unique on its hub. With O(count), name of the pool. The name of a member, such as V(worker-1), selects
        only this member.
      - If a pool has this name, O(state=restarted), O(state=stopped) and O(state=absent) without O(count) select all its members. With the
        other states, the task then fails with C(error_code=CONFLICT). To turn an instance into a pool of the same name, end the instance
        first.
      - If O(name), O(id) or O(all) selects a replica of a deployment, the task fails with C(error_code=CONFLICT) and changes nothing. The
        name of a deployment selects its replicas. To change or end them, use M(scramjet.sth.sth_deployment).
      - Set exactly one of O(name), O(id) and O(all).
    type: str
  count:
    description:
      - Makes O(name) a pool with this number of members, C(<name>-0), C(<name>-1) and so on. V(0) ends all members.
      - If the pool has more members than that, those with the highest indexes are ended. If it has fewer, the new members are started from
        O(sequence) with the options of the task. They take nothing from the other members.
      - Cannot be used with O(state=stopped), O(state=absent) and O(state=completed).
    type: int
  id:
    description:
      - Id of an instance on the hub. If you can, use O(name) instead. Use O(id) for an instance without a name, which another tool has
        started.
      - If no instance has this id, O(state=started) and O(state=completed) start one from O(sequence) with this id and without a name.
        This requires a hub from 0.31.4 on. Choose any id of 36 characters. Hubs from 0.34.1 to 0.36 accept only a UUID.
      - An id can be used again only when the hub no longer lists the ended instance. By default, this takes 195 seconds. The task waits
        for it, up to O(removal_timeout).
      - If this selects an instance that has a name, and the task has to start it again, the task fails with C(error_code=CONFLICT), because
        the new instance has another id. Use O(name) instead.
    type: str
  all:
    description:
      - Whether to select all instances of the sequences that match O(sequence), with or without a name. O(sequence) is then required. If it
        is the name of a package, all versions match. If a replica of a deployment is among them, the task fails (see O(name)). Use it only
        with O(state=stopped), O(state=absent) and O(state=restarted).
    type: bool
    default: false
  sequence:
    description:
      - The sequence to run. Set an id, a name, V(name@version), V(name@sha256:<7 or more hex digits>) or V(name@current).
      - V(name@current) is the version of the package that a deployment runs, not counting a canary. If several deployments run different
        versions of the package, it is the version of the deployment that has the same name as the package. If there is no such deployment,
        the task fails with C(error_code=AMBIGUOUS).
      - If no deployment runs the package, V(name@current) is the highest version by the rules of semantic versioning. If several packages
        have this version, it is the one from which an instance was started last. If no package has this name, the name can also be the
        name of a deployment.
      - It is best to use the C(ref) that M(scramjet.sth.sth_sequence) returns, which check mode returns too. If the sequence is not on the
        hub in check mode, the task assumes that an earlier task would upload it.
      - If a name matches several versions on the hub, the task fails with C(error_code=AMBIGUOUS), except with O(all=true). It also fails in
        this way with V(name@current) if no deployment runs the package and one of its versions is not a semantic version.
      - Required to start an instance or a further member of a pool. Without it, such a task fails with C(error_code=NOT_FOUND). If the
        instance already runs and this option is not set, it keeps its sequence.
    type: str
  on_change:
    description:
      - What to do if the instance runs with another O(sequence), O(app_config), O(args), O(input_topic) or O(output_topic) than the
        task sets.
      - V(recreate) ends the instance and starts a new one. In a pool, it does so for O(max_parallel) members at a time. This causes an
        outage, which M(scramjet.sth.sth_deployment) avoids. If the new instance does not become ready, the task ends it, starts the
        previous one again and fails. With O(state=restarted), the task does this too.
      - V(keep) leaves the instance as it is, and reports no change. V(fail) fails with C(error_code=CONFLICT).
    type: str
    choices: [recreate, keep, fail]
    default: recreate
  if_running:
    description:
      - What O(state=completed) does if an instance with this name is already alive.
      - V(attach) joins the run and waits for its end if the instance matches the task. Otherwise the task fails. If the task joins a run, it
        does not write the input again, and does not collect earlier output. RV(notes) says so.
      - V(fail) fails with C(error_code=CONFLICT). V(replace) ends the instance and starts a new one.
    type: str
    choices: [attach, fail, replace]
    default: attach
  input:
    description:
      - Input that O(state=completed) writes to the program while it reads the output. Set one of O(input.content), O(input.lines)
        and O(input.src).
      - If not set, the input stays open, and a program that waits for the end of its input runs until O(run_timeout). To end the input
        without writing anything, set O(input.lines) to V([]).
    type: dict
    suboptions:
      content:
        description:
          - Text to write. It is written as it is, without an additional newline at its end.
        type: str
      lines:
        description:
          - List of values to write. Each value is written as one line of JSON.
        type: list
        elements: raw
      src:
        description:
          - File to write. It can have any size, because it is streamed. A relative path is searched as M(ansible.builtin.copy) does.
          - V(/dev/null) is an empty file. Any other device, a pipe, a socket or a file in V(/proc) or V(/sys) is refused, because it may never
            end or has no known size, and because the file is read twice, first to find out whether the hub can deliver its data unchanged.
            Write its data to a regular file first.
        type: path
      remote_src:
        description:
          - Whether O(input.src) is on the machine where the task runs instead of on the controller.
        type: bool
        default: false
      stream:
        description:
          - Stream of the program that gets the input.
        type: str
        choices: [input, stdin]
        default: input
      content_type:
        description:
          - Content type of the input. If not set, it is C(text/plain) for O(input.content), C(application/x-ndjson) for
            O(input.lines) and C(application/octet-stream) for O(input.src).
          - Python programs can only get C(text/plain) and C(application/octet-stream) as their input. So for them it is C(text/plain) for
            O(input.lines), and any other content type is refused.
        type: str
      end:
        description:
          - Whether to end the stream after the input, so that the program knows that nothing more comes. A stream that has ended cannot be
            opened again.
        type: bool
        default: true
  collect:
    description:
      - Streams that O(state=completed) returns. If not set, it returns all four. Reading consumes a stream, so no other reader gets
        these bytes. The task always reads C(output) and C(log), even if it does not return them.
    type: list
    elements: str
    choices: [output, stdout, stderr, log]
  log_source:
    description:
      - Which lines of the C(log) are returned. V(program) returns the lines that the program logs, and errors that its runner
        reports. V(all) also returns the lines of the runner and the hub, which are many.
    type: str
    choices: [program, all]
    default: program
  log_level:
    description:
      - Lowest level of the lines of the C(log) that are returned. Lines of lower levels are left out.
    type: str
    choices: [trace, debug, info, warn, error, fatal]
    default: trace
  collect_max_bytes:
    description:
      - How many bytes of each stream to return, at most. If the program writes more, the task reads the rest but does not return it, and
        C(truncated) is true.
    type: int
    default: 1048576
  mask_output:
    description:
      - Whether to mask secrets in RV(collected) and in the payload of O(completion_event). If any secret was masked, C(masked) or
        RV(event_masked) is true.
      - Secrets are the values under keys that look secret or are in O(secret_keys). Exceptions are secrets with fewer than 6 characters, and
        secrets with fewer than 12 characters that have only letters or only digits, such as C(production) or C(80808080). They are not
        masked there. Secrets that mix letters, digits or other characters, such as C(hunter2), are masked from 6 characters on. Spaces and
        the characters C(. _ -) do not count.
      - V(false) returns the output as the program wrote it. But in failures and in the C(log), every secret is masked in any case, because
        the hub writes the configuration to the C(log).
    type: bool
    default: true
  output_dest:
    description:
      - File for the whole C(output), on the machine where the task runs. Nothing is masked in the file, and it gets mode 0600. The result
        then does not contain the output. The directory of the file must exist, and O(collect) must contain C(output).
      - The file is put in place when the run has completed, and replaces an older one. If the task fails, an older file stays as it is.
      - If the task fails, for example because the program fails, O(run_timeout) is reached or reading fails, the output until then is kept in
        C(<name>.partial) in the same directory, which RV(collected) names. It replaces an older one. If there was no output, there is no such
        file, and C(path) is null.
    type: path
  completion_event:
    description:
      - With O(state=completed), name of the event that completes the run. The task returns its payload and then stops the instance. If the
        program ends by itself without this event, the task fails with C(error_code=ENDED_EARLY).
      - Use it for programs that do not end by themselves. Python programs that end by themselves do not need it, because the task finds the
        end in their C(log), which it always reads.
      - If a Python program ends on a hub before 0.24.3, the hub forgets its events at once. So if a program emits this event and ends
        within some milliseconds after its start, the task can miss the event.
    type: str
  completion_lines:
    description:
      - With O(state=completed), number of lines of C(output) that completes the run. The task returns these lines, and stops the
        instance. If the program completes by itself before that, the run is complete too.
      - A line counts when the program has written its line end.
      - If several of O(completion_event), O(completion_lines), O(completion_regex) and O(completion_silence) are set, the first one
        that happens completes the run.
    type: int
  completion_regex:
    description:
      - With O(state=completed), a regular expression in the syntax of Python. The first line of C(output) in which it is found
        completes the run. The task returns the output up to this line, and stops the instance. A line is searched when the program has
        written its line end, or has ended its output.
      - If the program ends by itself before that, the task fails with C(error_code=ENDED_EARLY).
    type: str
  completion_silence:
    description:
      - With O(state=completed), a number of seconds. If the program has written to C(output), and then writes nothing for this time, the
        run is complete, and the task stops the instance. If the program completes by itself before that, the run is complete too.
      - What the program writes until it has stopped is kept too. See O(stop_timeout).
    type: float
  wait_for_exit:
    description:
      - With O(state=completed), whether to wait for the exit of the process when the program has completed. A hub lets the process
        of a Node.js program run on for ten seconds after that.
      - With V(false), the task waits only until the output has ended and the log says that the program has completed. Then it kills the
        process, which has nothing left to do. RV(instance.exit_code) and RV(instance.reason) are null. If a program returns nothing, it
        may still work in the background, so the task waits for its exit in any case.
      - Use V(true) for a program that still works after its output has ended.
    type: bool
    default: false
  on_failure:
    description:
      - What O(state=completed) does with an instance that is still running when the task fails, for example after O(run_timeout) or
        O(failure_event). V(keep) leaves it running. V(stop) stops it.
      - After a stop, a hub from 1.0 on cannot end a program that blocks, for example by computing without an end. So with V(stop), after
        O(run_timeout) and if the program has not read all of its O(input), the task first watches such a hub for its heartbeats, for up to
        25 seconds. If none comes, it kills the program without a stop.
    type: str
    choices: [keep, stop]
    default: keep
  run_timeout:
    description:
      - With O(state=completed), how many seconds the run may take. After that, the task fails, and O(on_failure) sets what happens to the
        instance.
      - If writing the input, reading the output or waiting for events fails, the task does not wait any longer, but fails with the cause.
    type: float
    default: 3600.0
notes:
  - O(state=completed) waits for the end of the program, and not until it is ready. So it refuses O(ready_event), and O(wait_for) except
    for V(running). O(wait_timeout), O(stable_for), O(start_attempts) and O(max_parallel) have no effect with it. If O(failure_event)
    comes, it fails with C(error_code=FAILURE_EVENT).
  - If you want to update a package without an outage, or to go back to the previous version, use M(scramjet.sth.sth_deployment) instead of
    a pool.
seealso:
  - module: scramjet.sth.sth_sequence
  - module: scramjet.sth.sth_instance_info
  - module: scramjet.sth.sth_deployment
"""

EXAMPLES = r"""
- name: Upload the package
  scramjet.sth.sth_sequence:
    src: packages/wordcount
  register: package

- name: Keep one instance running
  scramjet.sth.sth_instance:
    name: counter
    sequence: "{{ package.sequence.ref }}"
    app_config:
      interval: 5

- name: Run a package once and collect its output
  scramjet.sth.sth_instance:
    name: nightly
    sequence: "{{ package.sequence.ref }}"
    state: completed
    app_config:
      # Here and below, behaviour, every and events are settings of a sample program.
      behaviour: complete
    run_timeout: 300
  register: nightly

- name: Use the output, which check mode does not have
  ansible.builtin.debug:
    msg: "{{ nightly.collected.output.content }}"
  when: not ansible_check_mode

- name: Write input to a run, and keep its output in a file
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

- name: Run a program until it emits its result as an event
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

- name: Take the first three lines of a program that never ends its output
  scramjet.sth.sth_instance:
    name: sample
    sequence: "{{ package.sequence.ref }}"
    state: completed
    app_config:
      behaviour: stream
      every: 0.1
    completion_lines: 3
    on_failure: stop
    stop_timeout: 1

- name: Start a server, and wait until it emits that it is ready or has failed
  scramjet.sth.sth_instance:
    name: server
    sequence: "{{ package.sequence.ref }}"
    app_config:
      events:
        - {name: listening, payload: {port: 8080}}
    wait_for: event
    ready_event: listening
    failure_event: cannot-listen

- name: Start it for the first time, and end it if it does not become ready
  block:
    - name: Start it
      scramjet.sth.sth_instance:
        name: second-server
        sequence: "{{ package.sequence.ref }}"
        app_config:
          events:
            - {name: listening, payload: {port: 8081}}
        wait_for: event
        ready_event: listening
  rescue:
    - name: End the instance that did not become ready, and no other
      scramjet.sth.sth_instance:
        id: "{{ ansible_failed_result.instance }}"
        state: stopped
        stop_timeout: 1
      when: ansible_failed_result.instance is defined
    - name: Fail with the cause
      ansible.builtin.fail:
        msg: "second-server did not start: {{ ansible_failed_result.error_code | default(ansible_failed_result.msg) }}"

- name: Keep one instance running with at most 256 megabytes of memory, on a hub that runs programs in Docker
  scramjet.sth.sth_instance:
    name: limited
    sequence: "{{ package.sequence.ref }}"
    limits:
      memory: 256

- name: Restart the server with the configuration that it has
  scramjet.sth.sth_instance:
    name: server
    state: restarted
    stop_timeout: 1

- name: Keep a pool of three running, each with its own shard, and the first with another configuration
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

- name: End all instances of a package
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
    - If the task fails after it has started or joined an instance, or because it could not end one, this is not a dictionary, but the id
      of that instance.
  returned: success, and failure that concerns an instance whose id is known
  type: dict
  contains:
    id:
      description: Its id on the hub. Null in check mode if the task would start it.
      returned: success
      type: str
    name:
      description: Its name. Null if it has none, because another tool or a task with O(id) has started it.
      returned: success
      type: str
    index:
      description: Its index in its pool or deployment. Null if it belongs to none.
      returned: success
      type: int
    deployment:
      description: The deployment that it belongs to. Null if it belongs to none.
      returned: success
      type: str
    sequence:
      description: The sequence that it runs, with C(id) and C(ref).
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
      description: Whether its process is alive.
      returned: success
      type: bool
    status:
      description: One of V(starting), V(running), V(stopping) or V(ended).
      returned: success
      type: str
    outcome:
      description:
        - How it ended, one of V(completed), V(failed), V(stopped), V(killed) or V(unknown). Null while it is alive.
        - No hub reports how a Python program ended. With O(state=completed), the task finds it in the log of the program. There is one
          exception. If a generator in Python logs exactly C(Finished.) as its last line and then ends its process with an error, the
          outcome is V(completed).
      returned: success
      type: str
    exit_code:
      description:
        - Exit code that the hub reports. A hub from 1.0 on reports V(-1) for success, so test C(outcome) instead. Null if the hub
          reports none, or if the task has not waited for it, see O(wait_for_exit).
      returned: success
      type: int
    reason:
      description: Why it ended, in the words of the hub.
      returned: success
      type: str
    created:
      description: When it was created, as the hub reports it.
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
  description: All instances, sorted by index. Elements are as RV(instance).
  returned: success
  type: list
  elements: dict
collected:
  description:
    - What O(state=completed) collected from each stream. Empty in check mode and with other states.
    - Of C(log), it contains only the lines that O(log_source) and O(log_level) select.
    - C(encoding) is V(utf-8), or V(base64) if the content is not text.
    - C(truncated) is true if the program wrote more than O(collect_max_bytes). C(lossy) is true if half a character was dropped at
      the end. C(masked) is true if a secret was replaced by C(********), see O(mask_output). C(bytes) and C(sha256) are those of
      everything that the program wrote.
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
  description:
    - Payload of O(completion_event). O(mask_output) sets whether secrets are masked.
    - After a failure, payload of O(failure_event), secrets masked.
  returned: success, and after the program has emitted O(failure_event)
  type: raw
event_masked:
  description: Whether a secret in the payload of O(completion_event) was replaced by C(********).
  returned: success
  type: bool
seconds:
  description:
    - How long the run with O(state=completed) took, from its start, or from when the task joined it, until it was complete or failed. Null
      with other states, and in check mode.
    - Without the time to end an earlier run with O(if_running=replace), to wait until O(id) is free, and to end the program.
  returned: success, and after a run that failed
  type: float
notes:
  description:
    - Remarks. For example, what the task assumed in check mode, whether it joined a run, which topics the hub has (see O(output_topic)),
      and as which version it treats a hub that is newer or older than all versions that it knows.
  returned: if there are any
  type: list
  elements: str
actions:
  description: What the task wrote, or in check mode would write. Elements are as in RV(scramjet.sth.sth_sequence#module:actions).
  returned: always
  type: list
  elements: dict
hub:
  description: The hub that the task used. After a failure, values that are not known are null.
  returned: always
  type: dict
  sample: {"api_url": "http://127.0.0.1:8000/api/v1", "generation": "1.x", "version": "1.0.1"}
error_code:
  description: Machine-readable code of the failure, such as V(START_FAILED), V(ENDED_EARLY) or V(TIMEOUT).
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
outcome:
  description: How the failed instance ended, as in RV(instance.outcome).
  returned: failure, if an instance ended
  type: str
exit_code:
  description: Exit code that the hub reports for the failed instance.
  returned: failure, if the hub reports it
  type: int
reason:
  description: Why the failed instance ended, in the words of the hub.
  returned: failure, if the hub reports it
  type: str
logs:
  description: The last part of C(stderr) and C(log) of the failed instance, secrets masked. A hub before 0.24.3 keeps neither.
  returned: failure, if an instance failed and the hub keeps them
  type: dict
"""

from ansible_collections.scramjet.sth.plugins.module_utils.instance.reconcile import reconcile as reconcile_state
from ansible_collections.scramjet.sth.plugins.module_utils.job.options import JobOptions, check_run_options
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task


def reconcile(run: Run, options: JobOptions) -> Result:
    """Run to completion, or bring into the wanted state."""
    check_run_options(options)
    if options.state != "completed":
        return reconcile_state(run, options)
    # Here, because a module compiles all that it imports, and the other states need none of it.
    from ansible_collections.scramjet.sth.plugins.module_utils.job.reconcile import reconcile as reconcile_completed

    return reconcile_completed(run, options)


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
        "log_level": {
            "type": "str",
            "default": "trace",
            "choices": ["trace", "debug", "info", "warn", "error", "fatal"],
        },
        "log_source": {"type": "str", "default": "program", "choices": ["program", "all"]},
        "completion_event": {"type": "str"},
        "completion_lines": {"type": "int"},
        "completion_regex": {"type": "str"},
        "completion_silence": {"type": "float"},
        "wait_for_exit": {"type": "bool", "default": False},
        "on_failure": {"type": "str", "default": "keep", "choices": ["keep", "stop"]},
        "run_timeout": {"type": "float", "default": 3600.0},
        **specs.PROGRAM,
        **specs.READINESS,
        **specs.ENDING,
    },
    options_type=JobOptions,
    constraints={"mutually_exclusive": [("name", "id")]},
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
