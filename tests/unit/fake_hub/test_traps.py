# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fake hub has the traps of real hubs (hub-behaviour.md#traps): sequences, and requests and answers."""

from __future__ import annotations

import http.client
import itertools
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
from ansible_collections.scramjet.sth.tests.running.pace import bound
from ansible_collections.scramjet.sth.tests.unit.fake_hub.asking import (
    AMPLE,
    GENERATIONS,
    LISTING,
    PATIENCE,
    ask,
    ended,
    hangs,
    package,
    started,
    stored,
    until,
    upload,
)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_large_body_that_is_not_a_package_ends_the_hub(generation: str) -> None:
    with FakeHub(generation) as hub:
        assert upload(hub, b"noise" * 1000).status_code == 422
        with pytest.raises(requests.ConnectionError):
            upload(hub, b"noise" * 200_000)
        with pytest.raises(requests.ConnectionError):
            ask(hub, "GET", "/version")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_refused_upload_is_listed_after_a_restart(generation: str) -> None:
    # The end of the archive is missing, and package.json comes first.
    with FakeHub(generation) as hub:
        assert upload(hub, package("ghost")[:-8]).status_code == 422
        assert hub.sequences == []
        hub.restart(identify=False)
        assert hub.sequences == []
        hub.restart()
        assert [item["config"]["name"] for item in hub.sequences] == ["ghost"]


def test_a_refused_overwrite_is_seen_after_a_restart() -> None:
    with FakeHub() as hub:
        sequence = stored(hub, version="1.0.0")
        bad = package(version="9.9.9", keywords="not a list")
        assert requests.put(f"{hub.api_url}/sequence/{sequence}", data=bad, timeout=AMPLE).status_code == 422
        assert hub.sequences[0]["config"]["version"] == "1.0.0"
        cut_off = package(version="3.0.0")[:-8]
        assert requests.put(f"{hub.api_url}/sequence/{sequence}", data=cut_off, timeout=AMPLE).status_code == 422
        hub.restart()
        assert hub.sequences[0]["config"]["version"] == "3.0.0"


def test_the_size_of_a_package_counts_all_bytes_of_the_connection() -> None:
    with FakeHub() as hub, requests.Session() as session:
        for _number in range(2):
            session.post(f"{hub.api_url}/sequence", data=package(), timeout=AMPLE)
        first, second = [item["config"]["packageSize"] for item in hub.sequences]
        assert len(package()) < first < second


@pytest.mark.parametrize(("generation", "status"), [("0.18", 200), ("1.x", 422)])
def test_an_author_may_be_an_object_on_018_only(generation: str, status: int) -> None:
    with FakeHub(generation) as hub:
        assert upload(hub, package(author={"name": "me"})).status_code == status


@pytest.mark.parametrize("generation", GENERATIONS)
def test_018_cuts_slow_uploads_off_and_keeps_the_received_part(generation: str) -> None:
    whole = package("slow")
    with FakeHub(generation, replace(FAST, request=0.2)) as hub:
        with socket.create_connection(("127.0.0.1", hub.port), timeout=AMPLE) as connection:
            head = f"POST /api/v1/sequence HTTP/1.1\r\nHost: h\r\nContent-Length: {len(whole)}\r\n\r\n"
            connection.sendall(head.encode() + whole[:-1])
            time.sleep(0.4)
            if generation == "1.x":
                connection.sendall(whole[-1:])
            answer = connection.recv(1000)
        assert answer.split(b"\r\n")[0] == (
            b"HTTP/1.1 200 OK" if generation == "1.x" else b"HTTP/1.1 408 Request Timeout"
        )
        hub.restart()
        assert len(hub.sequences) == 1


def test_a_sequence_cannot_be_overwritten_while_an_ended_instance_is_listed() -> None:
    with FakeHub("1.x", LISTING) as hub:
        sequence = stored(hub)
        instance = started(hub, sequence)
        ask(hub, "POST", f"/instance/{instance}/_kill")
        until(lambda: ended(hub, instance))
        put = requests.put(f"{hub.api_url}/sequence/{sequence}", data=package(), timeout=AMPLE)
        assert put.status_code == 409


@pytest.mark.parametrize("force", ["", "true"])
def test_after_the_end_of_an_older_instance_a_delete_orphans_a_running_one(force: str) -> None:
    with FakeHub("1.x", replace(LISTING, busy=0.05)) as hub:
        sequence = stored(hub)
        running, old = started(hub, sequence), started(hub, sequence)
        ask(hub, "POST", f"/instance/{old}/_kill")
        until(lambda: ended(hub, old))
        time.sleep(0.1)
        assert ask(hub, "DELETE", f"/sequence/{sequence}", force=force).status_code == 200
        assert ask(hub, "GET", f"/instance/{running}").json()["status"] == "running"


@pytest.mark.slow
def test_any_value_of_the_force_header_counts_and_the_delete_goes_on_without_its_client() -> None:
    with FakeHub("1.x", replace(FAST, busy=PATIENCE)) as hub:
        sequence = stored(hub)
        started(hub, sequence)
        assert hangs(hub, "DELETE", f"/sequence/{sequence}", force="false")
        until(lambda: not hub.sequences)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_sequence_whose_directory_is_gone_cannot_be_deleted(generation: str) -> None:
    with FakeHub(generation) as hub:
        sequence = stored(hub)
        hub.lose_directory(sequence)
        assert ask(hub, "DELETE", f"/sequence/{sequence}").status_code == 500
        assert len(hub.sequences) == 1
        if generation == "1.x":
            assert requests.put(f"{hub.api_url}/sequence/{sequence}", data=package(), timeout=AMPLE).ok
            assert ask(hub, "DELETE", f"/sequence/{sequence}").status_code == 200
        else:
            hub.restart()
        assert hub.sequences == []


def test_concurrent_deletes_may_fail_although_the_sequence_is_deleted() -> None:
    with FakeHub() as hub:
        sequence = stored(hub)
        with ThreadPoolExecutor(8) as pool:
            deletes = [pool.submit(ask, hub, "DELETE", f"/sequence/{sequence}") for _number in range(8)]
            statuses = {item.result().status_code for item in deletes}
        assert 200 in statuses
        assert statuses <= {200, 404, 500}
        assert hub.sequences == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_log_shows_with_which_configuration_programs_were_started(generation: str) -> None:
    with FakeHub(generation) as hub:
        started(hub, stored(hub), appConfig={"password": "canary"})
        with requests.get(f"{hub.api_url}/log", stream=True, timeout=AMPLE) as log:
            assert any(b"canary" in line for line in itertools.islice(log.iter_lines(), 2))


@pytest.mark.slow
@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_connection_that_was_idle_is_closed_and_a_write_on_it_lost(generation: str) -> None:
    with FakeHub(generation, replace(FAST, idle=1.0)) as hub:
        connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=bound(30))

        def send(method: str, path: str, body: bytes | None = None) -> bytes:
            connection.request(method, f"/api/v1/{path}", body)
            return connection.getresponse().read()

        assert send("GET", "version")
        kept = connection.sock
        assert kept
        assert send("GET", "version")
        assert connection.sock is kept
        # Readable without an answer: the hub has closed it.
        assert select.select([kept], [], [], bound(30))[0]
        with pytest.raises(ConnectionError):
            send("POST", "sequence", package())
        connection.close()
        assert [item.method for item in hub.requests] == ["GET", "GET"]
