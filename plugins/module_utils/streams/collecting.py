# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the streams of an instance while it runs, bounded."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import replacing
from ansible_collections.scramjet.sth.plugins.module_utils.run.waiting import Deadline
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masking import scrub_bytes

# How long a stream goes on after the instance's end: output, stdout and stderr end by themselves within a second, and the
# log of a 1.x hub never does (hub-behaviour.md#events).
AFTER_END = 2.0
LOG_AFTER_END = 0.7


@dataclass
class Sink:
    """Keeps the first ``limit`` bytes of a stream, and all of them in ``file`` if there is one."""

    limit: int
    file: IO[bytes] | None = None
    path: str | None = None
    kept: bytearray = field(default_factory=bytearray)
    total: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        self.total += len(piece)
        self.digest.update(piece)
        if self.file is not None:
            self.file.write(piece)
        else:
            self.kept += piece[: max(0, self.limit - len(self.kept))]

    def shown(self, secrets: Collection[str]) -> bytes:
        """Return what was kept, without ``secrets``: the runner writes the configuration that it gets into its log, and a
        program may repeat it anywhere (hub-behaviour.md#secrets-on-the-hub).

        Where it begins and ends depends on bounds and on who has read before, so that pieces of one are hidden too.
        """
        return scrub_bytes(bytes(self.kept), secrets, part=True) if secrets else bytes(self.kept)

    def as_result(self, secrets: Collection[str]) -> dict[str, Any]:
        """Return the reported form; what is not text is given as base64."""
        content: str | None = None
        encoding, lossy = "utf-8", False
        truncated = self.file is None and self.total > len(self.kept)
        if self.file is None:
            content, encoding, lossy = _text(self.shown(secrets), truncated)
        return {
            "content": content,
            "encoding": encoding,
            "bytes": self.total,
            "truncated": truncated,
            "lossy": lossy,
            "path": self.path,
            "sha256": self.digest.hexdigest(),
        }


class StreamReader(threading.Thread):
    """Reads one stream into its sink until the hub ends it or it is told to stop."""

    def __init__(self, hub: HubClient, instance_id: str, stream: str, sink: Sink, silence: float) -> None:
        super().__init__(daemon=True, name=f"read {stream}")
        self.stream = stream
        self.sink = sink
        # When the hub ended the stream, on the monotonic clock; None before that, and if it did not.
        self.ended_at: float | None = None
        self.last_data = time.monotonic()
        self.error: Exception | None = None
        self._client = hub.instance(instance_id)
        self._silence = silence
        self._request = InFlight()
        self._stopped = False

    def run(self) -> None:
        """Read."""
        try:
            with self._client.read(self.stream, self._silence, self._request) as pieces:
                for piece in pieces:
                    self.last_data = time.monotonic()
                    self.sink.write(piece)
                if not self._stopped:
                    self.ended_at = time.monotonic()
        except SthError as error:
            # The record has gone: 0.18 forgets an instance at its end.
            if error.code != "NOT_FOUND" and not self._stopped:
                self.error = error
        except OSError as error:  # e.g. no space left
            self.error = SthError(
                "LOCAL_ERROR",
                f"{self.sink.path or self.stream} could not be written to its end: {error.strerror or error}.",
            )
        except Exception as error:
            self.error = error

    def stop(self) -> None:
        """End the reading, whatever the hub does: also where it has not even begun to answer."""
        self._stopped = True
        self._request.abort()


class Collecting:
    """The readers of one instance."""

    def __init__(self, readers: Sequence[StreamReader], wanted: Sequence[str], secrets: Collection[str]) -> None:
        self._readers = {reader.stream: reader for reader in readers}
        self._wanted = wanted
        self._secrets = secrets

    def ended_at(self, stream: str) -> float | None:
        """Return when the hub ended a stream, on the monotonic clock."""
        return self._readers[stream].ended_at

    def finish(self) -> dict[str, dict[str, Any]]:
        """Let the streams end, stop those that do not, and return what was read, whether or not that is all."""
        bound = Deadline(AFTER_END)
        for reader in self._readers.values():
            if reader.stream == "log":
                while reader.is_alive() and time.monotonic() - reader.last_data < LOG_AFTER_END and not bound.passed:
                    reader.join(0.05)
            else:
                reader.join(bound.remaining)
        self.stop()
        return {stream: self._readers[stream].sink.as_result(self._secrets) for stream in self._wanted}

    def require_whole(self) -> None:
        """Raise what kept a stream from being read to its end."""
        for reader in self._readers.values():
            if reader.error is not None:
                raise reader.error

    def said(self, *streams: str) -> dict[str, str]:
        """Return what was kept of ``streams``, as far as they were wanted, as it was said: secrets included."""
        kept = {stream: bytes(self._readers[stream].sink.kept) for stream in streams if stream in self._wanted}
        return {stream: data.decode("utf-8", "replace") for stream, data in kept.items()}

    def stop(self) -> None:
        """Stop all readers and wait for their threads."""
        for reader in self._readers.values():
            reader.stop()
        for reader in self._readers.values():
            reader.join()


@contextlib.contextmanager
def collecting(
    hub: HubClient, instance_id: str, wanted: Sequence[str], *, limit: int, output_dest: str | None, longest: float
) -> Iterator[Collecting]:
    """Read ``wanted`` streams from now on. ``limit``: bytes of each kept in memory; ``longest``: seconds of silence.

    ``output`` is always read: its end is what tells how a run on a 0.18 hub ended
    (hub-behaviour.md#what-a-client-does-about-it). With ``output_dest`` it goes to that file, which appears only when
    the context is left without an exception. The hub's secrets are hidden in what is reported.
    """
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(replacing(output_dest)) if output_dest else None
        readers = []
        for stream in dict.fromkeys(["output", *wanted]):
            to_file = file if stream == "output" else None
            sink = Sink(limit if stream in wanted else 0, to_file, output_dest if to_file else None)
            readers.append(StreamReader(hub, instance_id, stream, sink, longest))
        for reader in readers:
            reader.start()
        group = Collecting(readers, wanted, hub.secrets)
        stack.callback(group.stop)
        yield group


def _text(data: bytes, truncated: bool) -> tuple[str, str, bool]:
    try:
        return data.decode(), "utf-8", False
    except UnicodeDecodeError as error:
        # A character that the bound has cut in two is no reason to call it binary.
        if truncated and len(data) - error.start < 4:
            return data[: error.start].decode(), "utf-8", True
        return base64.b64encode(data).decode(), "base64", False
