# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the output of a program in a failure, with logs of real hubs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.logs import failure_logs, last_words
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, run_task, when


def entry(level: str, source: str, msg: str, *data: str) -> str:
    return json.dumps({"level": level, "msg": msg, "ts": 1795880436502, "data": [*data], "from": source})


STACK = "/hub/seq/ae82efc7/index.js:2\n\n\n\nSyntaxError: Unexpected end of input\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)"


def test_a_syntax_error_is_named() -> None:
    words = last_words({"log": entry("ERROR", "Runner", "Sequence syntax error.", STACK)}, set())
    assert words.error == "SyntaxError: Unexpected end of input at /hub/seq/ae82efc7/index.js:2"


def test_only_the_first_error_is_shown() -> None:
    words = last_words({"log": entry("ERROR", "Runner", "Sequence error:", "Error: boom\n    at TypeError: x")}, set())
    assert words.error == "Error: boom"


# As a 0.18.7 hub passes it on, but for some frames.
TRACEBACK = """Traceback (most recent call last):
  File "/hub/python-runner/runner.py", line 187, in run_instance
    result = self.sequence.run(context, input_stream, *args)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/hub/seq/1a0556f3/exception.py", line 4, in run
    raise TestException("This exception should appear on stderr")
sequence.TestException: This exception should appear on stderr
"""


@pytest.mark.parametrize(
    ("stderr", "error"),
    [
        (TRACEBACK, "sequence.TestException: This exception should appear on stderr"),
        (f"{TRACEBACK}\nDuring handling of the above exception:\n{TRACEBACK.replace('Test', 'Other')}", "sequence.OtherException: This"),
        (TRACEBACK.partition("sequence.")[0], None),
        ("a warning\n", None),
    ],
)  # fmt: skip
def test_the_error_of_a_python_program_is_read_from_stderr(stderr: str, error: str | None) -> None:
    said = last_words({"stderr": stderr, "log": entry("INFO", "PythonRunner", "Running instance...")}, set()).error
    assert said is error or (said or "").startswith(error or "-"), said


# As a 1.0.1 hub passes it on, but for some frames.
UNCAUGHT = """TypeError [ERR_INVALID_ARG_TYPE]: The "chunk" argument must be of type string. Received an instance of Object
    at _write (node:internal/streams/writable:482:13)
    at /hub/seq/e61360f0/index.js:32:47 {
  code: 'ERR_INVALID_ARG_TYPE'
}
"""


def test_an_exception_that_nobody_has_caught_is_read_from_stderr() -> None:
    caught = "Error: tried again\n    at /hub/seq/e61360f0/index.js:3:1\n"
    words = last_words({"stderr": f"{caught}{UNCAUGHT}ErrorHandler: none\n", "log": ""}, set())
    assert (words.error or "").startswith('TypeError [ERR_INVALID_ARG_TYPE]: The "chunk" argument')
    thrown = entry("ERROR", "Runner", "Sequence error:", "Error: boom")
    assert last_words({"stderr": UNCAUGHT, "log": thrown}, set()).error == "Error: boom"


def test_an_error_in_stderr_is_shown_without_secrets() -> None:
    assert "canary" not in str(last_words({"stderr": TRACEBACK.replace("This", "canary-17")}, {"canary-17"}).error)


def test_lines_of_runner_and_hub_are_shown_only_if_there_is_nothing_else() -> None:
    noise = [entry("TRACE", "Runner", "Handshake sent"), entry("INFO", "CSIController", "Instance started")]
    own = entry("INFO", "Sequence", "what the program says")
    assert last_words({"log": "\n".join([*noise, own])}, set()).ends["log"] == own
    assert "Handshake sent" in last_words({"log": "\n".join(noise)}, set()).ends["log"]


@pytest.mark.slow
def test_a_busy_hub_may_take_a_while_to_send_its_logs() -> None:
    """Only after its first data does the silence of a stream say that the hub has no more."""
    with FakeHub("1.x") as hub:
        assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
        assert run_task("sth_instance", hub, name="job", sequence="probe", app_config={"behaviour": "run"})["changed"]
        program = next(iter(hub.state.instances.values()))

        def say() -> None:
            with hub.state.lock:
                program.write("stderr", b"boom\n")

        when(lambda: any(path.endswith("/stderr") for path in hub.readings), say)
        timings = replace(HASTY, log_silence=0.001, longest_log=bound(20.0))
        words = failure_logs(HubClient(hub.api_url, timings), program.id, {"log": ""})
    assert words is not None
    assert words.ends["stderr"] == "boom\n"
