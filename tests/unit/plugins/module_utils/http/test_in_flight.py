# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request that another thread watches and ends."""

from __future__ import annotations

import pathlib
import random
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import trustme

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight, shut_down
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.background import serving
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task


class Asking(threading.Thread):
    """Asks a server that never answers, in a thread of its own."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.request = InFlight()
        self.failure: SthError | None = None
        self._transport = Transport(connection_from_options({"api_url": url, "request_timeout": bound(20)}))

    def run(self) -> None:
        try:
            self._transport.get("version", repeat="never", request=self.request)
        except SthError as error:
            self.failure = error


def test_a_waiting_request_notices_that_all_was_sent_and_can_be_ended_by_another_thread() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asking = Asking(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert not asking.request.sent.is_set()
        asking.start()
        assert asking.request.sent.wait(bound(10))
        assert asking.is_alive()
        asking.request.abort()
        asking.join(bound(10))
    assert not asking.is_alive()
    assert asking.failure is not None


def test_a_request_that_was_ended_before_it_began_does_not_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asking = Asking(f"http://127.0.0.1:{silent.getsockname()[1]}")
        asking.request.abort()
        asking.start()
        asking.join(bound(10))
    assert not asking.is_alive()
    assert asking.failure is not None


def test_ending_an_answered_request_twice_does_no_harm() -> None:
    with FakeHub() as hub:
        transport = Transport(connection_from_options({"api_url": hub.api_url}))
        request = InFlight()
        assert transport.get("version", request=request).ok
        for _again in range(2):
            request.abort()
            request.release()
        # The connection that it had is of use for the next one.
        assert transport.get("version", request=InFlight()).ok
        transport.close()


def test_ending_a_request_wakes_its_reader() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = threading.Thread(target=ours.recv, args=(1,), daemon=True)
        reader.start()
        shut_down(ours)
        reader.join(bound(10))
        assert not reader.is_alive()
    # It is not a failure if the connection has ended in the meantime.
    shut_down(ours)


@pytest.mark.parametrize("ended", [None, object()])
def test_ending_a_request_without_a_connection_does_no_harm(ended: object) -> None:
    shut_down(ended)


class Front:
    """A server with TLS in front of a hub. It ends the first upload in its middle, after it has sent ``answer``."""

    def __init__(self, hub: FakeHub, certificate: pathlib.Path, answer: bytes) -> None:
        self.answer = answer
        self.ended = 0
        self._hub = int(hub.api_url.rpartition(":")[2].partition("/")[0])
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def api_url(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}/api/v1"

    @contextmanager
    def serving(self) -> Iterator[Front]:
        """Serve."""
        with serving(self._listener, self._serve):
            yield self

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(client, server_side=True) as inside:
            first = inside.recv(65536)
            if first.startswith(b"POST") and not self.ended:
                self.ended += 1
                inside.sendall(self.answer)
                inside.recv(65536)
                return
            with socket.create_connection(("127.0.0.1", self._hub)) as hub:
                hub.sendall(first)
                threading.Thread(target=self._pass_on, args=(hub, inside), daemon=True).start()
                self._pass_on(inside, hub)

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def upload(tmp_path: pathlib.Path) -> dict[str, Any]:
    """The options of an upload that does not fit into the buffers of a connection."""
    signer = trustme.CA()
    signer.cert_pem.write_to_path(tmp_path / "ca.pem")
    signer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "hub.pem")
    source = shutil.copytree(PACKAGES / "probe", tmp_path / "probe")
    (source / "noise.bin").write_bytes(random.Random(17).randbytes(8 * 1024 * 1024))
    return {"src": str(source), "ca_path": str(tmp_path / "ca.pem")}


@pytest.mark.slow
def test_an_upload_that_a_front_with_tls_ends_is_looked_up_and_sent_again(
    upload: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    with FakeHub("1.x") as hub, Front(hub, tmp_path / "hub.pem", b"").serving() as front:
        result = run_task("sth_sequence", hub, **upload, api_url=front.api_url)
        assert front.ended == 1
        assert len(hub.sequences) == 1
    assert result["changed"], result
    assert not result.get("failed"), result


@pytest.mark.slow
def test_the_answer_is_read_with_which_a_front_with_tls_ends_an_upload(
    upload: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    answer = b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    # The reset that ends the connection may overtake the answer. The upload is then sent again, and this front has nothing against that.
    for _attempt in range(20):
        with FakeHub("1.x") as hub, Front(hub, tmp_path / "hub.pem", answer).serving() as front:
            result = run_task("sth_sequence", hub, **upload, api_url=front.api_url)
        if result.get("failed"):
            break
    assert result["http_status"] == 413, result
    assert "client_max_body_size" in result["msg"]
