# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a stream of an instance or a topic up to its limits. Reading consumes the data."""

from __future__ import annotations

import base64
import contextlib
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import replacing
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.streams.bounds import Bounds, StoppedBy
from ansible_collections.scramjet.sth.plugins.module_utils.streams.collecting import Hiding, Sink
from ansible_collections.scramjet.sth.plugins.module_utils.streams.options import StreamOptions
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended

MAX_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """How far to read, and where to put the data. ``wait_timeout`` in seconds."""

    max_bytes: int | None
    max_lines: int | None
    pattern: re.Pattern[str] | None
    wait_timeout: float
    encoding: str
    dest: str | None


def reading_from_options(options: StreamOptions) -> Reading:
    """Read and check the options. Raises ``INVALID_OPTION``."""
    # A blank is an expression too, but an empty one matches every line.
    refuse_empty("name a file", dest=options.dest)
    if options.search_regex == "":
        raise SthError("INVALID_OPTION", "search_regex is empty: set an expression, or leave it out.")
    for name, most in (("max_bytes", options.max_bytes), ("max_lines", options.max_lines)):
        if most is not None and most < 1:
            raise SthError("INVALID_OPTION", f"{name} must be 1 or more.")
    try:
        pattern = re.compile(options.search_regex) if options.search_regex is not None else None
    except re.error as error:
        raise SthError(
            "INVALID_OPTION", f"search_regex is not a valid regular expression ({error}): correct it."
        ) from None
    max_bytes = options.max_bytes
    if max_bytes is None and options.dest is None:
        max_bytes = MAX_BYTES
    return Reading(max_bytes, options.max_lines, pattern, options.wait_timeout, options.encoding, options.dest)


def read_bounded(
    open_stream: Callable[[float], AbstractContextManager[ByteStream]],
    reading: Reading,
    hiding: Hiding,
    timings: Timings,
    nothing_more: Callable[[], bool] | None = None,
    has_replaced: Callable[[], None] | None = None,
) -> Result:
    """Read a stream up to its limits, and return the keys of the module's result.

    ``open_stream`` gets the longest silence in seconds. ``nothing_more``, for a stream that the hub never ends, returns whether its data
    is complete. ``has_replaced`` is called if the data contains U+FFFD. A failure contains the data that was read before it, because
    reading has consumed it.
    """
    bounds = Bounds(reading.max_bytes, reading.max_lines, reading.pattern)
    failure: SthError | None = None
    stopped_by: StoppedBy | None = None
    with replacing(reading.dest) if reading.dest else contextlib.nullcontext() as file:
        sink = Sink(reading.max_bytes or 0, file)
        try:
            stopped_by = _read_through_gateway(open_stream, reading.wait_timeout, bounds, sink, timings, nothing_more)
        except SthError as error:
            if not sink.total:
                raise
            failure = error
            sink.keep_part()
    if sink.has_replaced and has_replaced is not None:
        has_replaced()
    result = _result(sink, bounds, stopped_by, reading, hiding)
    if failure is not None:
        failure.said.update(result)
        raise failure
    return result


def nothing_read(reading: Reading) -> Result:
    """Return the keys of the module's result for check mode, which reads no stream."""
    return {
        "content": None,
        "encoding": reading.encoding,
        "lossy": False,
        "masked": False,
        "bytes": 0,
        "lines_read": 0,
        "stopped_by": None,
        "matched": None,
        "path": reading.dest,
        "sha256": None,
    }


def _read_through_gateway(
    open_stream: Callable[[float], AbstractContextManager[ByteStream]],
    seconds: float,
    bounds: Bounds,
    sink: Sink,
    timings: Timings,
    nothing_more: Callable[[], bool] | None,
) -> StoppedBy:
    deadline = Deadline(seconds)
    while True:
        try:
            with open_stream(seconds + timings.spare) as pieces:
                return _read_open(pieces, deadline, bounds, sink, timings, nothing_more)
        except GatewayError as error:
            # The gateway has waited for the first data until its own time limit. No data was sent, so none is lost: ask again.
            if not error.is_time_out(timings.gateway_waits):
                raise
            if deadline.passed:
                return "time"


def _read_open(
    pieces: ByteStream,
    deadline: Deadline,
    bounds: Bounds,
    sink: Sink,
    timings: Timings,
    nothing_more: Callable[[], bool] | None,
) -> StoppedBy:
    reader = _Reader(pieces, deadline, bounds, sink)
    saw_the_end = False
    try:
        reader.start()
        while reader.is_alive() and not saw_the_end and not deadline.passed:
            reader.join(min(timings.look_every if nothing_more else deadline.remaining, deadline.remaining))
            is_silent = time.monotonic() - reader.last_data >= timings.log_after_end
            saw_the_end = nothing_more is not None and reader.is_alive() and is_silent and nothing_more()
    finally:
        # Abort in any case: closing the stream waits for the thread that reads it, even if that has only just begun.
        pieces.abort()
        if reader.is_alive():
            reader.join(timings.interrupted)
    if reader.error is not None:
        raise reader.error
    return reader.reached or bounds.finish() or ("time" if deadline.passed and not saw_the_end else "end")


class _Reader(Attended):
    """Reads until a limit is reached, the time is over, or the stream ends. A thread, so that the task can be interrupted."""

    def __init__(self, pieces: ByteStream, deadline: Deadline, bounds: Bounds, sink: Sink) -> None:
        super().__init__("read the stream")
        self.last_data = time.monotonic()
        self.reached: StoppedBy | None = None
        self._pieces = pieces
        self._deadline = deadline
        self._bounds = bounds
        self._sink = sink

    def work(self) -> None:
        """Read."""
        for piece in self._pieces:
            self.last_data = time.monotonic()
            taken, self.reached = self._bounds.take(piece)
            self._sink.write(taken)
            if self.reached is not None or self._deadline.passed:
                return


def _result(sink: Sink, bounds: Bounds, stopped_by: StoppedBy | None, reading: Reading, hiding: Hiding) -> Result:
    content: str | None = None
    lossy = False
    line = (bounds.matched or "").encode("utf-8", "surrogatepass")
    shown_line = hiding.shown(line, cut=False)
    masked = shown_line != line
    if reading.dest is None:
        data = hiding.shown(bytes(sink.kept), cut=stopped_by != "end")
        masked |= data != sink.kept
        if reading.encoding == "base64":
            content = base64.b64encode(data).decode()
        else:
            content = data.decode("utf-8", "replace")
            lossy = content.encode() != data
    return {
        "content": content,
        "encoding": reading.encoding,
        "lossy": lossy,
        "masked": masked,
        "bytes": sink.total,
        "lines_read": bounds.lines,
        "stopped_by": stopped_by,
        "matched": shown_line.decode("utf-8", "surrogatepass") if bounds.matched is not None else None,
        "path": sink.path,
        "sha256": sink.digest.hexdigest(),
    }
