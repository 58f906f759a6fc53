# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the output of a failed instance, for the text of the failure (architecture.md#failures)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.log_lines import LogFilter, read_line
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import has_finished
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended

SHOWN_END = 4096
LONGEST_ERROR = 300
# How much of a log is searched for errors, because the hub may log a lot after an error.
READ = 256 * 1024
_TRACEBACK = "Traceback (most recent call last):"
# A stack of Node.js, as of an exception that nobody has caught. Its name may have a code: TypeError [ERR_INVALID_ARG_TYPE]: …
_STACK = re.compile(r"^(\w*(?:Error|Exception)\b.*)\n {4}at ", re.MULTILINE)
_NAMED_ERROR = re.compile(r"\w*(Error|Exception)\b")


@dataclass(frozen=True)
class LastWords:
    """What a failure shows: the first error in the log, or else the last one in stderr, and the ends of stderr and log."""

    error: str | None
    ends: dict[str, str]
    # Whether the log says that the runner of a Python program has finished.
    finished: bool = False


def failure_logs(hub: HubClient, instance_id: str, known: Mapping[str, str] | None = None) -> LastWords | None:
    """Read the ends of stderr and log of an ended instance; None if the hub does not keep ended instances and ``known`` is empty.

    ``known``: the streams that were read already, and cannot be read again.
    """
    said = dict(known or {})
    if hub.dialect.keeps_ended:
        for stream in ("stderr", "log"):
            if stream not in said:
                said[stream] = _read_stream(hub, instance_id, stream)
    return last_words(said, hub.secrets) if said else None


def last_words(texts: Mapping[str, str], secrets: Collection[str]) -> LastWords:
    """Shorten the streams for a failure: to the last lines, and for the log also the errors before them.

    ``secrets`` are masked before shortening, because a secret that is cut in two would not be found.
    """
    log = texts.get("log", "").split("\n")
    # Drop the lines of the runner and the hub, unless there are no others.
    wanted = "\n".join(line for line in log if LogFilter().keeps(line.encode()))
    shown = {
        stream: _last_lines(scrub(wanted if stream == "log" and wanted else text, secrets, part=True))
        for stream, text in texts.items()
    }
    # Parse the lines before masking, because a line with a masked number is not JSON.
    errors = [(line, said) for line in log if (said := _error_in(line))]
    lines = [scrub(line, secrets)[: SHOWN_END // 2] for line, _said in errors[:3]]
    earlier = [line for line in lines if line not in shown["log"]]
    if earlier:
        shown["log"] = "\n".join([*earlier, shown["log"]])
    error = errors[0][1] if errors else _error_in_stderr(texts.get("stderr", ""))
    first = _headline(scrub(error, secrets))[:LONGEST_ERROR] if error else None
    return LastWords(first, shown, has_finished(texts.get("log", "")))


def _error_in(line: str) -> str:
    """Return the error in a line of the log, which is JSON; "" if it contains no error."""
    entry = read_line(line.encode())
    if entry is None or entry.get("level") not in ("ERROR", "FATAL"):
        return ""
    return next((item for item in entry.get("data") or () if isinstance(item, str)), "")


def _error_in_stderr(stderr: str) -> str:
    """Return the error of the last traceback of Python, or of the last stack of Node.js; "" if there is none.

    The runners write it there, and not into the log: that of Python every error, that of Node.js an exception that nobody has caught.
    """
    _before, found, traceback = stderr.rpartition(_TRACEBACK)
    if found:
        return next((line for line in traceback.splitlines() if line[:1].strip()), "")
    stacks: list[str] = _STACK.findall(stderr)
    return stacks[-1] if stacks else ""


def _headline(error: str) -> str:
    """Return the line that names an error, which a person looks for. A syntax error has its position in the lines before."""
    lines = error.splitlines()
    named = next((line for line in lines if _NAMED_ERROR.match(line)), lines[0])
    return named if named == lines[0] else f"{named} at {lines[0]}"


def _last_lines(text: str) -> str:
    if len(text) <= SHOWN_END:
        return text
    whole = text[-SHOWN_END:].partition("\n")[2]
    return whole or text[-SHOWN_END:]


class _Tail(Attended):
    """Reads a stream, and keeps its end."""

    def __init__(self, pieces: ByteStream) -> None:
        super().__init__("read the end of a stream")
        self.kept = b""
        self.last_data = math.inf
        self._pieces = pieces

    def work(self) -> None:
        """Read the stream to its end."""
        for piece in self._pieces:
            self.kept = (self.kept + piece)[-READ:]
            self.last_data = time.monotonic()


def _read_stream(hub: HubClient, instance_id: str, stream: str) -> str:
    """Read what the hub has of a stream: until the stream is silent after its first data, or until it ends."""
    timings = hub.timings
    deadline = Deadline(timings.longest_log)
    try:
        with hub.instance(instance_id).read(stream, timeout=timings.longest_log) as pieces:
            tail = _Tail(pieces)
            try:
                tail.start()
                while (
                    tail.is_alive() and not deadline.passed and time.monotonic() - tail.last_data < timings.log_silence
                ):
                    tail.join(timings.log_silence / 10)
            finally:
                pieces.abort()
                if tail.is_alive():
                    tail.join(timings.interrupted)
    except SthError:
        # The stream does not begin, or the record is gone.
        return ""
    return tail.kept.decode("utf-8", "replace")
