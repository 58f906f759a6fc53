# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request that another thread watches and ends."""

from __future__ import annotations

import socket
import threading

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.http.in_flight import InFlight, shut_down
from ansible_collections.scramjet.sth.plugins.module_utils.http.transport import Transport
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound


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
