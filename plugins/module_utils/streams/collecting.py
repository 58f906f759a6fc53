# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the streams of an instance while it runs, with limits."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import GatewayError, SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import ByteStream
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.log_lines import LogFilter, reports_completion
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PythonEnd
from ansible_collections.scramjet.sth.plugins.module_utils.model.timings import Timings
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import NewFile, replacing
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub_stream
from ansible_collections.scramjet.sth.plugins.module_utils.streams.bounds import LONGEST_LINE, Bounds, StoppedBy
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import Flag, sleep

# How many bytes of the end of a log to keep: enough for the errors, and for the lines of the runner and the hub about the end.
KEPT_END = 256 * 1024
# U+FFFD, by which older hubs replace bytes that are not text (hub-behaviour.md#output-that-is-not-text).
_REPLACED = "\ufffd".encode()
# The digest of the output of a program that returns nothing.
_NOTHING = hashlib.sha256(b"undefined").digest()


@dataclass(frozen=True)
class Hiding:
    """Which secrets are masked in a stream.

    The output of a program belongs to the user, so only distinctive secrets are masked there, and none if ``mask`` is False.
    The runner writes the configuration into the ``log`` (hub-behaviour.md#secrets-on-the-hub), so all secrets are masked there.
    """

    secrets: Collection[str]
    stream: str | None
    mask: bool

    def shown(self, data: bytes, *, cut: bool) -> bytes:
        """Return ``data`` with secrets masked. ``cut``: the stream was not read to its end."""
        is_log = self.stream == "log"
        return scrub_stream(data, self.secrets, cut=cut, all_of_them=is_log) if self.mask or is_log else data


@dataclass
class Sink:
    """Keeps the first ``limit`` bytes of a stream, or all of them in ``file`` if there is one."""

    limit: int
    file: NewFile | None = None
    kept: bytearray = field(default_factory=bytearray)
    total: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    # Whether the stream contains U+FFFD.
    has_replaced: bool = False
    # The name that the file will have; None if there is none.
    path: str | None = None
    _last: bytes = b""

    def __post_init__(self) -> None:
        self.path = self.file.path if self.file is not None else None

    def keep_part(self) -> None:
        """Keep the file under another name, because the data cannot be read again. An empty file is not kept."""
        if self.file is not None:
            self.path = self.file.keep_part() if self.total else None

    def write(self, piece: bytes) -> None:
        """Add the next piece. Raises ``LOCAL_ERROR`` if it cannot be written to the file."""
        if self.file is not None:
            self.file.write(piece)
        else:
            self.kept += piece[: max(0, self.limit - len(self.kept))]
        self.total += len(piece)
        self.digest.update(piece)
        self.has_replaced = self.has_replaced or _REPLACED in self._last + piece
        self._last = (self._last + piece)[-2:]

    def as_result(self, hiding: Hiding) -> dict[str, Any]:
        """Return the form for the result. Data that is not text is base64. A file contains the bytes unchanged."""
        content: str | None = None
        encoding, lossy, masked = "utf-8", False, False
        truncated = self.file is None and self.total > len(self.kept)
        if self.file is None:
            data = hiding.shown(bytes(self.kept), cut=truncated)
            masked = data != self.kept
            content, encoding, lossy = _as_text(data, truncated)
        return {
            "content": content,
            "encoding": encoding,
            "bytes": self.total,
            "truncated": truncated,
            "lossy": lossy,
            "masked": masked,
            "path": self.path,
            "sha256": self.digest.hexdigest(),
        }


@dataclass
class LogSink(Sink):
    """Keeps the wanted lines of a log, and the end of the whole log."""

    keeps: LogFilter = field(default_factory=LogFilter)
    # The end of the log, at least its last `KEPT_END` bytes.
    tail: bytearray = field(default_factory=bytearray)
    # Whether the runner has logged that the program has completed.
    reports_completion: bool = False
    # Whether the runner of a program in Python has finished.
    python_end: PythonEnd = field(default_factory=PythonEnd)
    _line: bytes = b""

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        self.tail += piece
        if len(self.tail) > 2 * KEPT_END:
            del self.tail[:-KEPT_END]
        *lines, self._line = (self._line + piece).split(b"\n")
        if len(self._line) > LONGEST_LINE:
            lines, self._line = [*lines, self._line], b""
        for line in lines:
            self.reports_completion = self.reports_completion or reports_completion(line)
            self.python_end.take(line)
            if self.keeps.keeps(line):
                super().write(line + b"\n")

    @property
    def text(self) -> str:
        """The end of the log, also with lines that `keeps` leaves out."""
        return self.tail.decode("utf-8", "replace")

    def finish(self) -> None:
        """Add the last line, if it has no line end."""
        if self._line:
            self.write(b"\n")


class StreamReader(Attended):
    """Reads one stream into its sink until the hub ends the stream, or `stop` is called."""

    def __init__(
        self, hub: HubClient, instance_id: str, stream: str, sink: Sink, silence: float, bounds: Bounds | None = None
    ) -> None:
        super().__init__(f"read {stream}")
        self.stream = stream
        self.sink = sink
        # Data after the limits is read and dropped, so that the program does not block.
        self.bounds = bounds
        self.stopped_by: StoppedBy | None = None
        # When the hub ended the stream (monotonic clock); None if it has not ended it.
        self.ended_at: float | None = None
        self.last_data = time.monotonic()
        # How often reading went on after a cut.
        self.resumed = 0
        # Set when the hub has answered the first request, so that no data is lost from now on, or when the reading has ended.
        self.opened = Flag()
        # The answer of a gateway in the place of the hub, while the data cannot be read.
        self.refusal: GatewayError | None = None
        self._transport = hub.transport
        self._client = hub.instance(instance_id)
        # Some hubs drop data that arrives while nobody reads, so there every cut may lose data (hub-behaviour.md#streams-that-are-cut).
        self._silent = float("inf") if hub.dialect.drops_unread else hub.timings.silent
        self._timings = hub.timings
        self._silence = silence
        self._request = InFlight()
        self._stopped = Flag()

    def work(self) -> None:
        """Read the stream. After a cut that lost no data, open it again."""
        while not self._stopped.is_set():
            try:
                with self._client.read(self.stream, self._silence, self._request) as pieces:
                    self.refusal = None
                    self.opened.set()
                    if self._took_all(pieces):
                        return
            except GatewayError as error:
                # No data was sent. The task itself notices whether the hub can be reached, because it reads the instance.
                self.refusal = None if error.is_time_out(self._timings.gateway_waits) else error
                # The pauses do not grow, because the data has to be read soon after the end of the instance.
                pause = min(self._transport.pause_after(error, attempt=1), self._timings.gateway_tries.first)
                self._stopped.wait(pause)
                continue
            except SthError as error:
                # NOT_FOUND is the end of the stream: 0.18 forgets an instance when it ends.
                if error.code != "NOT_FOUND" and not self._stopped.is_set():
                    raise
                break
            self.resumed += 1
        if self.refusal is not None:
            # Otherwise the unread data would look like an empty stream.
            raise self.refusal

    def at_end(self) -> None:
        """Release who waits for this stream to be opened."""
        self.opened.set()

    def _took_all(self, pieces: ByteStream) -> bool:
        """Return whether the stream has ended; False if it was cut while it was silent."""
        self.last_data = time.monotonic()
        try:
            for piece in pieces:
                self.last_data = time.monotonic()
                self._take(piece)
        except SthError as error:
            if error.code != "UNREACHABLE" or self._stopped.is_set():
                raise
            if pieces.is_in_a_piece or time.monotonic() - self.last_data < self._silent:
                message = f"The connection was cut while data arrived or could be lost: {error.message}"
                raise SthError.of(error, message=message) from None
            return False
        if not self._stopped.is_set():
            if self.bounds is not None and self.stopped_by is None:
                self.stopped_by = self.bounds.finish()
            self.ended_at = time.monotonic()
        return True

    def _take(self, piece: bytes) -> None:
        if self.stopped_by is not None:
            return
        if self.bounds is not None:
            piece, self.stopped_by = self.bounds.take(piece)
        self.sink.write(piece)

    def stop(self) -> None:
        """End the reading, even if the hub has not begun to answer."""
        self._stopped.set()
        self._request.abort()


class Collecting:
    """The readers of one instance."""

    def __init__(
        self,
        readers: Sequence[StreamReader],
        wanted: Sequence[str],
        secrets: Collection[str],
        mask: bool,
        timings: Timings,
    ) -> None:
        self._timings = timings
        self._readers = {reader.stream: reader for reader in readers}
        self._wanted = wanted
        self._hiding = {stream: Hiding(secrets, stream, mask) for stream in wanted}

    def ended_at(self, stream: str) -> float | None:
        """Return when the hub ended a stream (monotonic clock), or None."""
        return self._readers[stream].ended_at

    def wait_until_open(self) -> None:
        """Wait until every stream is open, so that nothing of a program that ends at once is lost."""
        bound = Deadline(self._timings.subscribing)
        for reader in self._readers.values():
            reader.opened.wait(bound.remaining)

    @property
    def has_completed(self) -> bool:
        """Whether the output has ended and the log says that the program has completed (hub-behaviour.md#completion-is-known-early).

        False for a program that has returned nothing, because it may still work in the background.
        """
        output, log = self._readers["output"], self._readers.get("log")
        if output.ended_at is None or log is None or not isinstance(log.sink, LogSink):
            return False
        return log.sink.reports_completion and output.sink.digest.digest() != _NOTHING

    @property
    def stopped_by(self) -> StoppedBy | None:
        """The limit that the output has reached, or None."""
        return self._readers["output"].stopped_by

    @property
    def has_open_line(self) -> bool:
        """Whether a limit in lines has not counted the last line of the output, because it has no line end."""
        bounds = self._readers["output"].bounds
        return bounds is not None and bounds.has_open_line

    @property
    def has_output(self) -> bool:
        """Whether the program has written anything to its output."""
        return self._readers["output"].sink.total > 0

    @property
    def silence(self) -> float:
        """Seconds since the last output; 0 before the first output and after the end of the stream."""
        output = self._readers["output"]
        return time.monotonic() - output.last_data if output.sink.total and output.ended_at is None else 0.0

    @property
    def has_replaced_text(self) -> bool:
        """Whether U+FFFD is in the output."""
        return self._readers["output"].sink.has_replaced

    @property
    def has_data(self) -> bool:
        """Whether the program has written anything."""
        return any(item.sink.total for item in self._readers.values() if item.stream != "log")

    def settle(self) -> None:
        """Wait until all output of a completed program has arrived."""
        bound = Deadline(self._timings.settles_within)
        began = time.monotonic()
        while not bound.passed:
            last = max([began, *(item.last_data for item in self._readers.values() if item.stream != "log")])
            if time.monotonic() - last >= self._timings.quiet:
                return
            sleep(0.05)

    def finish(self, *, is_whole: bool = True, needs_log: bool = False) -> dict[str, dict[str, Any]]:
        """Wait for the ends of the streams, stop those that do not end, and return the data by stream, even if it is incomplete.

        ``is_whole``: False if a stream was cut, or the run failed. A file is then kept under another name, because its data cannot be
        read again.
        ``needs_log``: whether to wait longer for the log, because only the log says how a Python program has ended.
        """
        timings = self._timings
        bound = Deadline(timings.after_end if is_whole else timings.after_break)
        began = time.monotonic()
        for reader in self._readers.values():
            if isinstance(reader.sink, LogSink):
                # The last lines may still be on their way, even if the program was silent for a long time before its end.
                since = 0.0 if reader.sink.reports_completion else began
                while reader.is_alive() and not bound.passed:
                    is_silent = time.monotonic() - max(since, reader.last_data) >= timings.log_after_end
                    if is_silent and reader.refusal is None and (not needs_log or reader.sink.python_end.has_finished):
                        break
                    reader.join(0.05)
            else:
                reader.join(bound.remaining)
        self.stop()
        for reader in self._readers.values():
            if isinstance(reader.sink, LogSink):
                reader.sink.finish()
        if not is_whole:
            for reader in self._readers.values():
                reader.sink.keep_part()
        return {stream: self._readers[stream].sink.as_result(self._hiding[stream]) for stream in self._wanted}

    def broken(self) -> tuple[str, SthError] | None:
        """Return the first stream whose reading failed before its end, and the failure."""
        return next(((item.stream, item.error) for item in self._readers.values() if item.error is not None), None)

    def resumed(self) -> tuple[str, ...]:
        """Return the streams that were cut, and then opened again."""
        return tuple(item.stream for item in self._readers.values() if item.resumed)

    def said(self) -> dict[str, str]:
        """Return stderr if it is collected, and the end of the log if it is read. Their secrets are not masked."""
        said = {}
        if "stderr" in self._wanted:
            said["stderr"] = self._readers["stderr"].sink.kept.decode("utf-8", "replace")
        log = self._readers.get("log")
        if log is not None and isinstance(log.sink, LogSink):
            said["log"] = log.sink.text
        return said

    def stop(self) -> None:
        """Stop all readers and wait for their threads."""
        for reader in self._readers.values():
            reader.stop()
        for reader in self._readers.values():
            if reader.is_alive():
                reader.join(self._timings.interrupted)


@contextlib.contextmanager
def collecting(
    hub: HubClient,
    instance_id: str,
    wanted: Sequence[str],
    *,
    needs_log: bool,
    log: LogFilter,
    bounds: Bounds | None,
    limit: int,
    output_dest: str | None,
    longest: float,
    mask: bool,
) -> Iterator[Collecting]:
    """Read the ``wanted`` streams from now on. ``limit``: bytes of each to keep in memory. ``longest``: seconds of silence allowed.

    ``output`` is always read, because its end shows how a run on a 0.18 hub ended
    (hub-behaviour.md#what-a-client-does-about-it). With ``needs_log``, the log is read too. ``log``: which of its lines to return;
    ``bounds``: how much of the output to keep. With ``output_dest``, the output is written to that file, which appears only when
    the context is left without an exception. The secrets of the hub are masked in the result, see `Hiding`.
    """
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(replacing(output_dest)) if output_dest else None
        readers = []
        for stream in dict.fromkeys(["output", *(["log"] if needs_log else []), *wanted]):
            kept = limit if stream in wanted else 0
            sink = LogSink(kept, keeps=log) if stream == "log" else Sink(kept, file if stream == "output" else None)
            readers.append(
                StreamReader(hub, instance_id, stream, sink, longest, bounds if stream == "output" else None)
            )
        group = Collecting(readers, wanted, hub.secrets, mask, hub.timings)
        # Before the start, so that no reader is left running if the task is interrupted now.
        stack.callback(group.stop)
        for reader in readers:
            reader.start()
        yield group


def damaged_text(hub: HubClient, what: str) -> list[str]:
    """Return a warning about U+FFFD in a stream, if a hub of this version may have written it; else an empty list."""
    if hub.dialect.carries_binary_output:
        return []
    return [
        f"The {what} contains U+FFFD. A {hub.version().version} hub writes it instead of bytes that are not text. If the program "
        "writes binary data, that data is damaged: let it write base64, or use a hub from 1.0.0 on."
    ]


def _as_text(data: bytes, truncated: bool) -> tuple[str, str, bool]:
    try:
        return data.decode(), "utf-8", False
    except UnicodeDecodeError as error:
        # If the limit has cut a character in two, the rest is still text.
        if truncated and len(data) - error.start < 4:
            return data[: error.start].decode(), "utf-8", True
        return base64.b64encode(data).decode(), "base64", False
