#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_stream
short_description: Write to and read from the streams of a running program, or a topic
version_added: 1.0.0
description:
  - Writes text, bytes, a file or JSON lines to the C(input) or C(stdin) of an instance, or to a topic. Or reads C(output),
    C(stdout), C(stderr), C(log) or a topic until it reaches a number of bytes or lines, a pattern or a time limit, whichever
    comes first.
  - B(Reading consumes the data.) What was read from an instance is gone for every other reader. Data that the hub has already
    sent when the task reaches a limit is gone too. For example, with O(max_lines=1), the lines after the first one can be lost.
  - All clients and programs that read a topic at the same time get the data that arrives meanwhile. So a task takes no data from a program
    that reads the topic. Data that arrives while nobody reads goes to the first reader only.
  - The other modules of this collection read streams in two cases only. They do so with
    O(scramjet.sth.sth_instance#module:state=completed), and if an instance fails that a task starts or waits for. In the second case,
    the failure returns the last part of C(stderr) and C(log).
  - C(stdin), and C(input) of a hub before 0.27, accept only UTF-8 text. With other bytes, the task fails with
    C(error_code=UNSUPPORTED_BY_HUB) before it writes anything. A hub before 1.0 damages output that is not UTF-8 text.
  - A hub passes data on as it comes, and stores only what fits into its buffers. When they are full, it takes no more data until somebody
    reads, and the program waits or keeps the data in its own memory. But a hub from 0.20.0 to 0.28.1 can lose the output of a program
    that nobody reads any more after a first reader. This was measured on 0.24.3 and 0.26.1; 0.28.5 keeps the output.
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
      - The task neither writes nor reads, and the values that it would read are null. If the instance or topic is not there, the task
        assumes that an earlier task would start or create it.
  diff_mode:
    support: N/A
    details:
      - The content of a stream is not known before it is read.
  idempotent:
    support: none
    details:
      - Every write is a change. Every read returns other data, but reports no change, although it consumes the data.
options:
  instance:
    description:
      - Name or id of one instance. For a member of a pool or deployment, set its name, such as V(web-0). With the name of a pool that has
        several members, the task fails with C(error_code=AMBIGUOUS). Requires O(stream).
      - Set either O(instance) or O(topic).
    type: str
  stream:
    description:
      - Stream of the O(instance). With V(input) and V(stdin), the task writes, and you must set O(content), O(lines), O(src) or O(end).
        With the other streams, it reads. Options for writing are refused when the task reads, and options for reading when it writes.
      - V(output), V(stdout) and V(stderr) end when the program ends, and V(log) ends a second later. As long as the program runs, the
        task reads until it reaches a limit, such as O(wait_timeout).
      - If the instance has ended, but the hub still lists it, the task returns what nobody has read yet, with RV(stopped_by=end). Writing
        fails with C(error_code=ENDED_EARLY). A hub before 0.24.3 forgets all streams when the instance ends.
    type: str
    choices: [input, stdin, output, stdout, stderr, log]
  topic:
    description:
      - Name of a topic, instead of O(instance) and O(stream). If O(content), O(lines), O(src) or O(end) is set, the task writes to the
        topic. Otherwise it reads.
      - If the topic does not exist, writing creates it with O(content_type), and reading fails with C(error_code=NOT_FOUND). B(A wrong type
        can crash the hub), see O(scramjet.sth.sth_topic#module:content_type).
      - A hub before 0.35 does not list topics. On such a hub, reading a topic that nothing writes to returns no data.
    type: str
  content:
    description:
      - Text to write, or with O(encoding=base64), bytes in base64. The task adds no line end. Set only one of O(content), O(lines) and
        O(src).
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
      - Whether O(src) is on the machine where the task runs instead of on the controller.
    type: bool
    default: false
  encoding:
    description:
      - When the task writes, the encoding of the option O(content). When it reads, the encoding of the return value RV(content). Use
        V(base64) for bytes that are not text.
      - If the task reads with V(utf-8), bytes that are not valid text are replaced, and RV(lossy) is true.
    type: str
    choices: [utf-8, base64]
    default: utf-8
  content_type:
    description:
      - Content type of the data that is written, V(text/plain), V(application/x-ndjson), V(text/x-ndjson) or
        V(application/octet-stream).
      - If not set, it is V(text/plain) for O(content), V(application/x-ndjson) for O(lines) and V(application/octet-stream) for O(src).
      - There are three exceptions. For O(stream=stdin), it is always V(application/octet-stream). For a topic that exists, it is always
        the content type of that topic. A Python program can only get V(text/plain) and V(application/octet-stream) as its input, so for it
        O(lines) are V(text/plain). In these cases, the task fails if you set another content type.
      - The content type of the first write to O(stream=input) of an instance decides whether the program gets all later writes as text,
        as values or as bytes.
    type: str
  end:
    description:
      - Whether to end the stream after writing, so that the program knows that nothing more comes. B(This cannot be undone.) If a task
        writes to the stream later, it fails, but only after O(wait_timeout), because a hub does not report that a stream has ended. The
        task then fails with C(error_code=CONFLICT), or with C(TIMEOUT) if it writes more than 16 KiB.
      - A hub from 0.20 to 0.32 accepts such data and loses it. The task cannot notice this, and succeeds.
      - A hub from 0.20 on cannot end a topic. The task then fails with C(error_code=UNSUPPORTED_BY_HUB).
    type: bool
    default: false
  max_bytes:
    description:
      - Read at most this number of bytes.
      - The default is V(1048576). With O(dest) there is no limit by default.
    type: int
  max_lines:
    description:
      - Read at most this number of lines. The task may consume more lines than it returns.
    type: int
  search_regex:
    description:
      - Stop reading after the first line in which this regular expression is found. It has the syntax of Python.
      - If no line matches, B(the task does not fail), and RV(matched) is null.
    type: str
  wait_timeout:
    description:
      - When reading, stop after this number of seconds. The task does not fail then, and RV(stopped_by) is V(time).
      - When writing, fail if the hub accepts no data for this number of seconds, with C(error_code=TIMEOUT) for more than 16 KiB of data,
        and otherwise with C(CONFLICT), see O(end). The buffers of a hub accept some kilobytes even if the program reads nothing. So success
        does not mean that the program has read the data.
    type: float
    default: 10
  dest:
    description:
      - File for the data that is read, on the machine where the task runs. RV(content) is then null. Its directory must exist. The file gets
        mode 0600.
      - B(Nothing is masked in the file.) The C(log) contains the configuration of the instance.
      - If the file exists, it is replaced when reading is complete, even if there was no data. If reading fails halfway, the data that was
        read is kept in C(<name>.partial) in the same directory.
    type: path
  secret_keys:
    description:
      - Dotted paths in the configuration of the O(instance) whose values are masked in results, in addition to values under keys that look
        secret. See O(scramjet.sth.sth_instance#module:secret_keys).
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
  mask_output:
    description:
      - Whether to mask secrets of the configuration of O(instance) in the data that is read. If any secret was masked, RV(masked) is
        true. Exceptions are secrets with fewer than 6 characters, and secrets with fewer than 12 characters that have only letters or
        only digits, such as C(production). They are not masked.
      - V(false) returns the data as the program wrote it. But in O(stream=log), every secret is masked in any case, because the hub writes
        the configuration there.
      - Nothing is masked in O(dest) and in the data of a topic.
    type: bool
    default: true
seealso:
  - module: scramjet.sth.sth_event
  - module: scramjet.sth.sth_topic
"""

EXAMPLES = r"""
- name: Run a program that reads its input
  scramjet.sth.sth_instance:
    name: counter
    sequence: wordcount
    app_config:
      # A setting of the sample program, which then writes its input to its output in upper case.
      behaviour: echo

- name: Write two records and keep the input open
  scramjet.sth.sth_stream:
    instance: counter
    stream: input
    lines:
      - text: to be or not to be
      - text: that is the question

- name: Read its output until a line matches, and fail if none does within five seconds
  scramjet.sth.sth_stream:
    instance: counter
    stream: output
    search_regex: QUESTION
    wait_timeout: 5
  register: said
  failed_when: said is failed or (said.matched is none and not ansible_check_mode)

- name: End its input
  scramjet.sth.sth_stream:
    instance: counter
    stream: input
    end: true

- name: Write to a file what it logs within a second
  scramjet.sth.sth_stream:
    instance: counter
    stream: log
    dest: "{{ work_dir }}/counter.log"
    wait_timeout: 1

- name: Write a record to a topic
  scramjet.sth.sth_stream:
    topic: orders
    lines:
      - id: 1

- name: Read the data in the topic, and what comes within a second
  scramjet.sth.sth_stream:
    topic: orders
    wait_timeout: 1
"""

RETURN = r"""
content:
  description: The data that was read. O(mask_output) sets whether secrets in it are masked. Null with O(dest), and in check mode.
  returned: when reading
  type: str
encoding:
  description: Encoding of RV(content), as O(encoding).
  returned: when reading
  type: str
lossy:
  description: Whether bytes in RV(content) were not valid text and were replaced. To get the original bytes, use O(encoding=base64) or
    O(dest).
  returned: when reading
  type: bool
masked:
  description: Whether a secret in RV(content) or RV(matched) was replaced by C(********).
  returned: when reading
  type: bool
bytes:
  description: Number of bytes that were read or written.
  returned: success
  type: int
lines_read:
  description: Number of lines that were read, including a last line without a line end.
  returned: when reading
  type: int
stopped_by:
  description:
    - Why the task stopped reading. It is V(bytes) for O(max_bytes), V(lines) for O(max_lines), V(match) for O(search_regex), V(time) for
      O(wait_timeout), or V(end) if the stream ended. Null in check mode.
  returned: when reading
  type: str
  sample: match
matched:
  description: The line that matched O(search_regex). Null if no line matched, and in check mode.
  returned: when reading
  type: str
path:
  description: Path of the file that was written, as in O(dest). Null if O(dest) is not set.
  returned: when reading
  type: str
sha256:
  description: SHA-256 checksum of the bytes that were read, before masking.
  returned: when reading
  type: str
notes:
  description: Remarks. For example, what the task assumed in check mode, and as which version it treats a hub that is newer or older than
    all versions that it knows.
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
  description:
    - Machine-readable code of the failure, such as V(NOT_FOUND), V(ENDED_EARLY), V(TIMEOUT) or V(CONFLICT).
    - Data that was read before the failure is returned too.
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

from ansible_collections.scramjet.sth.plugins.module_utils.streams.options import StreamOptions
from ansible_collections.scramjet.sth.plugins.module_utils.streams.reconcile import reconcile
from ansible_collections.scramjet.sth.plugins.module_utils.task.module import run_module
from ansible_collections.scramjet.sth.plugins.module_utils.task.task import Task

TASK = Task(
    reconcile=reconcile,
    options={
        "instance": {"type": "str"},
        "stream": {"type": "str", "choices": ["input", "stdin", "output", "stdout", "stderr", "log"]},
        "topic": {"type": "str"},
        "content": {"type": "str"},
        "lines": {"type": "list", "elements": "raw"},
        "src": {"type": "path"},
        "remote_src": {"type": "bool", "default": False},
        "encoding": {"type": "str", "default": "utf-8", "choices": ["utf-8", "base64"]},
        "content_type": {"type": "str"},
        "end": {"type": "bool", "default": False},
        "max_bytes": {"type": "int"},
        "max_lines": {"type": "int"},
        "search_regex": {"type": "str"},
        "wait_timeout": {"type": "float", "default": 10.0},
        "dest": {"type": "path"},
        "secret_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
        "mask_output": {"type": "bool", "default": True},
    },
    options_type=StreamOptions,
    constraints={
        "required_one_of": [("instance", "topic")],
        "required_together": [("instance", "stream")],
        "mutually_exclusive": [("instance", "topic"), ("content", "lines", "src")],
    },
)


def main() -> None:
    """Entry point of the module."""
    run_module(TASK)


if __name__ == "__main__":
    main()
