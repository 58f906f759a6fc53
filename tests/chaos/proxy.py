# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of a hub that does harm to a part of the connections, as long as it is told to."""

from __future__ import annotations

import contextlib
import random
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_PAGE = b"<html><body>gateway</body></html>"
_TURN = 0.05


@dataclass(frozen=True)
class Harm:
    """What happens to the part ``share`` of the new connections.

    ``refuse``: closed at once. ``reset``: closed when the request has come. ``lost``: the hub gets the request, and its answer is
    dropped. ``hang``: the hub gets nothing, and the client no answer. ``mute``: the hub gets the request, the client no answer.
    ``drip``: the answer comes byte by byte. ``cut``: half of the first piece of the answer comes. A number: a gateway answers so
    in the place of the hub.
    """

    kind: str
    share: float


# What a hub behind it can be asked for, and what a person would call it.
KINDS = ("refuse", "reset", "lost", "hang", "mute", "drip", "cut", "429", "502", "503", "504")
NONE = Harm("", 0.0)


@dataclass
class Proxy:
    """Listens on loopback in front of the port ``behind``. ``rng`` says which connections are harmed."""

    behind: int
    rng: random.Random
    harm: Harm = NONE
    # How many connections were harmed, by kind.
    harmed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._era = 0
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @contextmanager
    def serving(self) -> Iterator[Proxy]:
        """Serve."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self.set(NONE)
            self._listener.close()

    def set(self, harm: Harm) -> None:
        """Do this harm from now on. It begins and ends with the loss of every open connection."""
        with self._lock:
            self.harm, self._era = harm, self._era + 1

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                with self._lock:
                    harmed = self.harm.kind and self.rng.random() < self.harm.share
                    kind, era = self.harm.kind if harmed else "", self._era
                    if kind:
                        self.harmed[kind] = self.harmed.get(kind, 0) + 1
                threading.Thread(target=self._serve, args=(client, kind, era), daemon=True).start()

    def _serve(self, client: socket.socket, kind: str, era: int) -> None:
        with client, contextlib.suppress(OSError):
            if kind != "refuse":
                self._pass(client, kind, era)
            # Reset it, so that nobody takes it for a complete answer.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _pass(self, client: socket.socket, kind: str, era: int) -> None:
        if kind.isdigit() or kind in ("reset", "hang"):
            if not self._request(client, era) or kind == "reset":
                return
            if kind.isdigit():
                client.sendall(
                    b"HTTP/1.1 %s Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
                    % (kind.encode(), len(_PAGE), _PAGE)
                )
                client.shutdown(socket.SHUT_WR)
            self._drain(client, era)
            return
        with socket.create_connection(("127.0.0.1", self.behind), timeout=5) as hub:
            self._pump(client, hub, kind, era)

    def _pump(self, client: socket.socket, hub: socket.socket, kind: str, era: int) -> None:
        other = {client: hub, hub: client}
        ends = [client, hub]
        while self._era == era:
            for readable in select.select(ends, [], [], _TURN)[0]:
                piece = readable.recv(65536)
                if readable is hub and kind and piece:
                    if kind == "lost":
                        return
                    if kind == "cut":
                        client.sendall(piece[: len(piece) // 2])
                        return
                    if kind == "drip":
                        self._drip(client, piece, era)
                    continue
                if not piece:
                    ends.remove(readable)
                    other[readable].shutdown(socket.SHUT_WR)
                    if readable is hub:
                        # Its end is the end of the answer, which the client may be waiting for.
                        self._drain(client, era)
                        return
                    continue
                other[readable].sendall(piece)

    def _drip(self, client: socket.socket, piece: bytes, era: int) -> None:
        for at in range(len(piece)):
            if self._era != era:
                return
            client.sendall(piece[at : at + 1])
            time.sleep(0.1)

    def _request(self, client: socket.socket, era: int) -> bool:
        """Read the head of a request, and its body if it tells its length."""
        client.settimeout(_TURN)
        found = b""
        while self._era == era:
            with contextlib.suppress(TimeoutError):
                piece = client.recv(65536)
                if not piece:
                    return False
                found += piece
            head, end, body = found.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if end and len(body) >= int(length[1] if length else 0):
                return True
        return False

    def _drain(self, client: socket.socket, era: int) -> None:
        """Wait until the client has gone, or the harm is over."""
        client.settimeout(_TURN)
        while self._era == era:
            with contextlib.suppress(TimeoutError):
                if not client.recv(65536):
                    return
