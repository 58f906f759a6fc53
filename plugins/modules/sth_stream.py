#!/usr/bin/python
# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: sth_stream
short_description: Write to and read from the streams of a running program, and topics
version_added: 0.1.0
description:
  - Writes text, bytes, a file or JSON lines to the C(input) or C(stdin) of an instance or to a topic, or reads C(output),
    C(stdout), C(stderr), C(log) or a topic up to bytes, lines, a pattern or a time, whichever comes first.
  - B(Reading consumes.) A hub gives each byte to one reader only, and what has been read is gone. What lies behind the bound
    in the piece that reached it is dropped too. Nothing else in this collection reads a stream, but
    O(scramjet.sth.sth_instance#module:state=completed), and the failure of an instance that a task has started or waits
    for, which on a 1.x hub shows the ends of its stderr and log.
  - A 0.18 hub carries only UTF-8 text, in either direction; bytes that are none are refused there with
    V(UNSUPPORTED_BY_HUB) before anything is written. A 1.x hub carries all bytes, except through V(stdin).
  - A hub passes on what is written as it comes; it keeps no more than its buffers hold.
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
      - Nothing is written nor read; what would be read is null. An instance that an earlier task would start is assumed to
        be there, and so is a topic.
  diff_mode:
    support: N/A
    details:
      - What is in a stream is not known before it is read.
  idempotent:
    support: none
    details:
      - Every write is a change, and every read finds something else. A read reports no change, although it consumes.
options:
  instance:
    description:
      - The instance, by name (C(web), or C(web-0) for a member of a pool) or id. Needs O(stream).
      - One of O(instance) and O(topic) is required.
    type: str
  stream:
    description:
      - The stream of the O(instance). V(input) and V(stdin) are written, the others read.
      - V(output), V(stdout) and V(stderr) end with the program. A 0.18 hub forgets an ended instance with all of them.
    type: str
    choices: [input, stdin, output, stdout, stderr, log]
  topic:
    description:
      - A topic, instead of O(instance) and O(stream). It is written if O(content), O(lines), O(src) or O(end) is given, else
        read.
      - Writing creates it on a 1.x hub where it does not exist. Reading never does; a topic that is not there is
        V(NOT_FOUND). A 0.18 hub lists no topics, so that a name nobody writes to just has nothing to read there.
    type: str
  content:
    description:
      - Write this text, or these bytes with O(encoding=base64).
    type: str
  lines:
    description:
      - Write each element as one JSON line.
    type: list
    elements: raw
  src:
    description:
      - Write this file, streamed. A relative path is searched as M(ansible.builtin.copy) does.
    type: path
  remote_src:
    description:
      - Whether O(src) is on the machine where the task runs.
    type: bool
    default: false
  encoding:
    description:
      - How O(content), or what is returned in RV(content), stands for bytes.
      - Reading as V(utf-8) replaces what is no text and sets RV(lossy).
    type: str
    choices: [utf-8, base64]
    default: utf-8
  content_type:
    description:
      - What is written. V(text/plain) for O(content), V(application/x-ndjson) for O(lines), V(application/octet-stream) for
        O(src) unless given; for a topic, its own. One of these and V(text/x-ndjson).
      - The first write to an instance's O(stream=input) decides how the program gets all later ones.
      - V(stdin) takes only V(application/octet-stream), which is its default.
    type: str
  end:
    description:
      - Write, then end the stream. B(Cannot be undone.) A later write to it is a V(CONFLICT), found after O(wait_timeout).
      - A 1.x hub does not end topics and refuses it for them with V(UNSUPPORTED_BY_HUB).
    type: bool
    default: false
  max_bytes:
    description:
      - Read no more than this.
      - V(1048576) unless given; without a bound with O(dest).
    type: int
  max_lines:
    description:
      - Read no more lines than this.
    type: int
  search_regex:
    description:
      - Stop behind the first line in which this regular expression is found.
    type: str
  wait_timeout:
    description:
      - Reading ends after this many seconds, which is no failure.
      - Writing fails with V(TIMEOUT) where the program takes nothing for so many seconds.
    type: float
    default: 10
  dest:
    description:
      - Read into this file, on the machine where the task runs, instead of into RV(content). Mode 0600; replaced at the end. What had
        come when the reading broke lies beside it as C(<name>.partial).
    type: path
  secret_keys:
    description:
      - Further dotted paths in the configuration of the O(instance) whose values are secret, with C(*) for any key. Values under
        keys that look secret always are.
      - One that fits nothing there is told in a warning.
    type: list
    elements: str
    default: []
  mask_output:
    description:
      - Whether secrets of the O(instance)'s configuration are masked in what is read, which RV(masked) tells. Short and common
        values, such as C(test), C(production) or C(8080), are not looked for.
      - With V(false) it is returned as the program wrote it. In the O(stream=log), into which the hub writes the configuration,
        every secret is masked all the same.
      - A file (O(dest)) gets everything as it is, and a topic is never masked.
    type: bool
    default: true
seealso:
  - module: scramjet.sth.sth_event
  - module: scramjet.sth.sth_topic
"""

EXAMPLES = r"""
- name: Run something that reads its input
  scramjet.sth.sth_instance:
    name: counter
    sequence: wordcount
    app_config:
      behaviour: echo

- name: Give it two records and keep its input open
  scramjet.sth.sth_stream:
    instance: counter
    stream: input
    lines:
      - text: to be or not to be
      - text: that is the question

- name: Read what it says until a line matches, for five seconds at most
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

- name: Put something into a topic
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
  description: What was read, secrets masked as O(mask_output) says. Null with O(dest), and in check mode.
  returned: when reading
  type: str
encoding:
  description: How RV(content) stands for bytes.
  returned: when reading
  type: str
lossy:
  description: Whether something in RV(content) is no text and was replaced. Use O(encoding=base64) or O(dest) for it.
  returned: when reading
  type: bool
masked:
  description: Whether a secret in RV(content) or RV(matched) was replaced by C(********).
  returned: when reading
  type: bool
bytes:
  description: Bytes that were read or written.
  returned: success
  type: int
lines_read:
  description: Lines that were read, a last one without its end included.
  returned: when reading
  type: int
stopped_by:
  description:
    - Which bound ended the reading; V(end) where the stream ended. Null in check mode.
  returned: when reading
  type: str
  sample: match
matched:
  description: The line that O(search_regex) was found in.
  returned: when reading
  type: str
path:
  description: The file that was written.
  returned: when reading
  type: str
sha256:
  description: Checksum of the bytes that were read, before anything was masked.
  returned: when reading
  type: str
notes:
  description: What is assumed in check mode, and that the hub's version is none that is known.
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
  description:
    - Machine-readable kind of the failure, such as V(NOT_FOUND), V(ENDED_EARLY), V(TIMEOUT) or V(CONFLICT). What was read
      before a failure is in the failure.
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
