# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds a program's input or a topic."""

from __future__ import annotations

import base64
import binascii
import codecs
import contextlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.byte_stream import CHUNK
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.outcome import PYTHON
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import require_finite
from ansible_collections.scramjet.sth.plugins.module_utils.streams.options import FeedOptions
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended
from ansible_collections.scramjet.sth.plugins.module_utils.threads.turns import sleep

# The content types that a runner can decode. A 1.x hub accepts only these for a topic.
TAKEN = ("application/x-ndjson", "text/x-ndjson", "text/plain", "application/octet-stream")
# Those that the runner of Python programs can decode (hub-behaviour.md#input-of-python-programs).
TAKEN_BY_PYTHON = ("text/plain", "application/octet-stream")
# In bytes. The hub answers a write as soon as it begins. Proxies then pass on only what fits into the buffers of the network
# (hub-behaviour.md#early-answer).
LARGEST_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Feed:
    """What to write: ``data`` or the file at ``path``. ``content_type`` comes from the user or from the kind of data."""

    content_type: str
    end: bool
    data: bytes = b""
    path: str | None = None

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        return open(self.path, "rb") if self.path is not None else io.BytesIO(self.data)

    @cached_property
    def kind(self) -> Literal["ascii", "utf-8", "binary"]:
        """The kind of its bytes, which decides whether a hub delivers them unchanged. This reads a file once."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        ascii_only = True
        try:
            with self.open() as data:
                for piece in iter(lambda: data.read(CHUNK), b""):
                    ascii_only = ascii_only and piece.isascii()
                    decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "binary"
        return "ascii" if ascii_only else "utf-8"

    @property
    def size(self) -> int:
        """The number of bytes."""
        return os.stat(self.path).st_size if self.path is not None else len(self.data)


def feed_from_options(options: FeedOptions, encoding: Literal["utf-8", "base64"] = "utf-8") -> Feed:
    """Read ``content`` (in ``encoding``), ``lines`` or ``src``, and ``content_type``.

    Raises ``INVALID_OPTION`` if a file cannot be read or may have no end, or the content is not in this encoding.
    """
    if options.lines is not None:
        usual, data = "application/x-ndjson", b"".join(json.dumps(line).encode() + b"\n" for line in options.lines)
    elif options.src is not None:
        usual, data = "application/octet-stream", b""
        require_finite("src", options.src)
        try:
            open(options.src, "rb").close()
        except OSError as error:
            raise SthError(
                "INVALID_OPTION",
                f"src {options.src} cannot be read ({error.strerror}): correct the path or its permissions.",
            ) from None
    else:
        usual, data = "text/plain", _bytes_of(options.content or "", encoding)
    content_type = options.content_type or usual
    if content_type not in TAKEN:
        raise SthError(
            "INVALID_OPTION",
            f"content_type {content_type!r} is not one that hubs accept: use one of {', '.join(TAKEN)}.",
        )
    return Feed(content_type, options.end, data, options.src)


def feed_for(engine: str, feed: Feed, options: FeedOptions) -> Feed:
    """Return ``feed`` with a content type that a program with this ``engine`` ("" if unknown) can get as its input.

    Raises ``INVALID_OPTION`` if ``options`` set another one.
    """
    if engine != PYTHON or feed.content_type in TAKEN_BY_PYTHON:
        return feed
    if options.content_type is not None:
        raise SthError(
            "INVALID_OPTION",
            f"The runner of Python programs cannot decode input of content_type {feed.content_type}, so the program would never get it: "
            f"leave out content_type, or use {' or '.join(TAKEN_BY_PYTHON)}.",
        )
    return replace(feed, content_type="text/plain")


def require_carried(hub: HubClient, feed: Feed, where: str) -> None:
    """Raise ``UNSUPPORTED_BY_HUB`` if this hub would not deliver the bytes unchanged. ``where`` is a stream or topic.

    Bytes that are not UTF-8 arrive as U+FFFD: before 0.27.0 in all streams and topics (hub-behaviour.md#versions), later in stdin only.
    """
    if feed.kind == "binary" and (not hub.dialect.carries_binary_input or where == "stdin"):
        by_input = hub.dialect.carries_binary_input
        advice = "write it to input" if by_input else "write it as text, in base64 for instance"
        raise SthError(
            "UNSUPPORTED_BY_HUB",
            f"The data for {where} is not UTF-8 text, and a {hub.version().version} hub would change it there: "
            f"{advice}.",
        )


@contextlib.contextmanager
def feeding(
    hub: HubClient,
    instance_id: str,
    stream: str,
    feed: Feed | None,
    longest: float,
    begin: Callable[[], None] | None,
) -> Iterator[Feeder | None]:
    """Write ``feed`` in a separate thread, because the hub accepts data only as fast as the program reads it.

    ``longest``: how many seconds the write may wait for the program to read, or for the hub to answer. ``begin`` returns when the
    write may begin; None for at once.
    """
    if feed is None:
        yield None
        return
    write = instance_writer(hub, instance_id, stream, feed, longest)

    def begin_and_write(data: IO[bytes], request: InFlight) -> None:
        if begin is not None:
            begin()
        write(data, request)

    feeder = Feeder(feed, begin_and_write)
    try:
        feeder.start()
        yield feeder
    finally:
        # A program may end without reading all of its input. The hub then closes the connection, so do not wait long.
        if feeder.is_alive():
            feeder.join(hub.timings.last_input)
        feeder.request.abort()


def instance_writer(
    hub: HubClient, instance_id: str, stream: str, feed: Feed, timeout: float | None = None
) -> Callable[[IO[bytes], InFlight], None]:
    """Return a function that writes ``feed`` to ``input`` or ``stdin``."""
    client = hub.instance(instance_id)

    def write_input(data: IO[bytes], request: InFlight) -> None:
        if feed.kind != "ascii":
            # The hub sends a header before the first data. The runner decodes all bytes that it reads together with this header as
            # text, even an incomplete character. So first make the hub send the header alone, with an empty write.
            client.send_input(b"", feed.content_type, False, timeout, request)
            sleep(hub.timings.header_ahead)
        send_pieces(data, feed, lambda piece, end: client.send_input(piece, feed.content_type, end, timeout, request))

    def write_stdin(data: IO[bytes], request: InFlight) -> None:
        send_pieces(data, feed, lambda piece, end: client.send_stdin(piece, end, timeout, request))

    return write_stdin if stream == "stdin" else write_input


def send_pieces(data: IO[bytes], feed: Feed, send: Callable[[IO[bytes], bool], None]) -> None:
    """Call ``send(piece, end)`` for each piece of ``data``, the data of ``feed``. Only the last piece ends the stream.

    Lines of JSON are never cut, because a hub ends the last line of a request to a topic (hub-behaviour.md#early-answer).
    """
    piece = data.read(LARGEST_PIECE)
    while more := data.read(LARGEST_PIECE):
        at = piece.rfind(b"\n") + 1 if "ndjson" in feed.content_type else _whole_characters(piece)
        if at:
            send(io.BytesIO(piece[:at]), False)
        piece = piece[at:] + more
    send(io.BytesIO(piece), feed.end)


def _whole_characters(piece: bytes) -> int:
    """Return where to cut ``piece`` so that no character of UTF-8 is cut. A hub decodes each request alone."""
    at = len(piece) - 1
    # A character has up to four bytes, of which all but the first begin with the bits 10.
    while at > len(piece) - 4 and piece[at] & 0b1100_0000 == 0b1000_0000:
        at -= 1
    return at


class Feeder(Attended):
    """Writes one feed. ``error`` is the failure that prevented the complete write. ``request`` can end it early."""

    def __init__(self, feed: Feed, write: Callable[[IO[bytes], InFlight], None]) -> None:
        super().__init__("feed the program")
        self.request = InFlight()
        self._feed = feed
        self._write = write
        self._failed_at = 0.0

    def work(self) -> None:
        """Write."""
        try:
            with self._feed.open() as data:
                self._write(data, self.request)
        except OSError as error:
            raise SthError(
                "LOCAL_ERROR",
                f"{self._feed.path} could not be read to its end ({error.strerror or error}): check the file and its disk.",
            ) from None
        finally:
            self._failed_at = time.monotonic()

    def failure(self, dropped_with_end: float) -> SthError | None:
        """Return the failure if it is certain that not all data arrives, otherwise None.

        When the program ends, a hub closes the connection, or refuses the next piece. The record of the program shows its end within
        ``dropped_with_end`` seconds.
        """
        error = self.error
        if error is None or error.code == "LOCAL_ERROR":
            return error
        return error if time.monotonic() - self._failed_at >= dropped_with_end else None


def _bytes_of(content: str, encoding: str) -> bytes:
    if encoding == "utf-8":
        return content.encode()
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as error:
        raise SthError(
            "INVALID_OPTION", f"content is not valid base64 ({error}): correct it, or leave out encoding if it is text."
        ) from None
