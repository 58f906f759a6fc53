#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_stream
short_description: Write to and read from the streams of a running program, or a topic
version_added: 0.1.0
description:
  - Writes text, bytes, a file or JSON lines to the C(input) or C(stdin) of an instance or to a topic. Or reads C(output),
    C(stdout), C(stderr), C(log) or a topic until it reaches a number of bytes or lines, a pattern or a time limit, whichever
    comes first.
  - B(Reading consumes the data.) A hub gives each byte to one reader only, and data that was read is gone. Data that the hub has
    already sent beyond the limit is dropped too. Other tasks of this collection read streams only with
    O(scramjet.sth.sth_instance#module:state=completed), and when an instance fails that a task starts or waits for. If
    the hub keeps them, such a failure returns the last part of stderr and log.
  - C(stdin), and C(input) of a hub before 0.27, take only UTF-8 text. Other bytes fail with V(UNSUPPORTED_BY_HUB) before anything is
    written. A hub before 1.0 changes output that is not UTF-8 text.
  - A hub passes data on as it comes, and stores only what fits into its buffers.
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
      - The task does not write or read, and the values that it would read are null. If the instance or topic is not there, the task
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
      - Name (C(web), or C(web-0) for a member of a pool) or id of the instance. Requires O(stream).
      - Set either O(instance) or O(topic).
    type: str
  stream:
    description:
      - Stream of the O(instance). With V(input) and V(stdin) the task writes, with the others it reads.
      - V(output), V(stdout) and V(stderr) end with the program. A hub before 0.24.3 forgets them when the instance ends.
    type: str
    choices: [input, stdin, output, stdout, stderr, log]
  topic:
    description:
      - Name of a topic, instead of O(instance) and O(stream). If O(content), O(lines), O(src) or O(end) is set, the task writes to the
        topic. Otherwise it reads.
      - If the topic does not exist, writing creates it, and reading fails with V(NOT_FOUND). A hub before 0.35 does not list topics,
        so reading a topic that nothing writes to returns no data there.
    type: str
  content:
    description:
      - Text to write, or with O(encoding=base64), bytes in base64.
    type: str
  lines:
    description:
      - List of values. Each value is written as one line of JSON.
    type: list
    elements: raw
  src:
    description:
      - File to write. It is streamed, so it can have any size. A relative path is searched as M(ansible.builtin.copy) does.
    type: path
  remote_src:
    description:
      - Whether O(src) is on the machine where the task runs instead of on the controller.
    type: bool
    default: false
  encoding:
    description:
      - Encoding of O(content) for writing, or of RV(content) for reading.
      - When reading as V(utf-8), bytes that are not valid text are replaced, and RV(lossy) is set.
    type: str
    choices: [utf-8, base64]
    default: utf-8
  content_type:
    description:
      - Content type of the data that is written, V(text/plain), V(application/x-ndjson), V(text/x-ndjson) or
        V(application/octet-stream).
      - If not set, it is the content type of the topic if that exists. Otherwise it is V(text/plain) for O(content),
        V(application/x-ndjson) for O(lines) and V(application/octet-stream) for O(src).
      - The first write to O(stream=input) of an instance decides how the program gets all later writes.
      - O(stream=stdin) accepts only V(application/octet-stream), which is its default.
    type: str
  end:
    description:
      - Whether to end the stream after writing. B(This cannot be undone.) A later write fails with V(CONFLICT) after O(wait_timeout).
      - A hub from 0.20 on cannot end a topic. The task then fails with V(UNSUPPORTED_BY_HUB).
    type: bool
    default: false
  max_bytes:
    description:
      - Read at most this number of bytes.
      - The default is V(1048576). With O(dest) there is no limit by default.
    type: int
  max_lines:
    description:
      - Read at most this number of lines.
    type: int
  search_regex:
    description:
      - Stop reading after the first line that matches this regular expression anywhere.
    type: str
  wait_timeout:
    description:
      - When reading, stop after this number of seconds. This is not a failure.
      - When writing, fail with V(TIMEOUT) if the program does not take any data for this number of seconds.
    type: float
    default: 10
  dest:
    description:
      - File on the machine where the task runs to read into, instead of RV(content). It gets mode 0600.
      - The file is replaced at the end. If reading breaks, the data until then is kept in C(<name>.partial) in the same directory.
    type: path
  secret_keys:
    description:
      - Dotted paths in the configuration of the O(instance) whose values are secret, in addition to values under keys that look
        secret. C(*) stands for any key.
      - If a path matches nothing, the task gives a warning.
    type: list
    elements: str
    default: []
  mask_output:
    description:
      - Whether to mask secrets of the O(instance)'s configuration in the data that is read. If any secret was masked, RV(masked) is
        true. Secrets that are short or common, such as C(test), C(production) or C(8080), are not masked.
      - V(false) returns the data as the program wrote it. In O(stream=log), to which the hub writes the configuration, every secret is
        masked in any case.
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
      behaviour: echo

- name: Write two records and keep the input open
  scramjet.sth.sth_stream:
    instance: counter
    stream: input
    lines:
      - text: to be or not to be
      - text: that is the question

- name: Read its output until a line matches, for at most five seconds
  scramjet.sth.sth_stream:
    instance: counter
    stream: output
    search_regex: QUESTION
    wait_timeout: 5
  register: said

- name: End its input
  scramjet.sth.sth_stream:
    instance: counter
    stream: input
    end: true

- name: Keep a minute of its log in a file
  scramjet.sth.sth_stream:
    instance: counter
    stream: log
    dest: "{{ work_dir }}/counter.log"
    wait_timeout: "{{ seconds | default(1) }}"

- name: Write a record to a topic
  scramjet.sth.sth_stream:
    topic: orders
    lines:
      - id: 1

- name: Read one line from the topic
  scramjet.sth.sth_stream:
    topic: orders
    max_lines: 1
"""

RETURN = r"""
content:
  description: The data that was read. O(mask_output) sets whether secrets are masked. Null with O(dest), and in check mode.
  returned: when reading
  type: str
encoding:
  description: Encoding of RV(content), as O(encoding).
  returned: when reading
  type: str
lossy:
  description: Whether bytes in RV(content) were not valid text and were replaced. Use O(encoding=base64) or O(dest) to get them.
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
    - Which limit stopped the reading, or V(end) if the stream ended. Null in check mode.
  returned: when reading
  type: str
  sample: match
matched:
  description: The line that matched O(search_regex).
  returned: when reading
  type: str
path:
  description: The file that was written.
  returned: when reading
  type: str
sha256:
  description: SHA-256 checksum of the bytes that were read, before masking.
  returned: when reading
  type: str
notes:
  description: What the task assumed in check mode, and how it treats a hub whose version is not known.
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
