# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Topics of the fake hub carry data like those of real hubs, as recorded or measured on 0.18.7 and 1.0.1."""

from __future__ import annotations

import pytest
import requests

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.fake_hub.asking import AMPLE, PATIENCE, until

TEXT = {"Content-Type": "text/plain"}
NDJSON = {"Content-Type": "application/x-ndjson"}
ENDING = {**TEXT, "x-end-stream": "true"}


def write(hub: FakeHub, name: str, body: bytes, headers: dict[str, str], timeout: float = AMPLE) -> requests.Response:
    return requests.post(f"{hub.api_url}/topic/{name}", data=body, headers=headers, timeout=timeout)


def read(hub: FakeHub, name: str, headers: dict[str, str]) -> tuple[bytes, bool]:
    """Return the data that arrives within a short time, and whether the stream has ended."""
    got = b""
    with requests.get(f"{hub.api_url}/topic/{name}", headers=headers, timeout=PATIENCE, stream=True) as answer:
        answer.raise_for_status()
        try:
            for piece in answer.iter_content(None):
                got += piece
        except requests.ConnectionError:
            return got, False
    return got, True


@pytest.mark.slow
def test_data_waits_for_its_first_reader_and_is_then_consumed(hub: FakeHub) -> None:
    write(hub, "t", b"one\n", TEXT)
    write(hub, "t", b"two\n", TEXT)
    assert read(hub, "t", TEXT) == (b"one\ntwo\n", False)
    assert read(hub, "t", TEXT) == (b"", False)


def test_all_readers_get_what_is_written_while_they_read(hub: FakeHub) -> None:
    url = f"{hub.api_url}/topic/t"
    readers = [requests.get(url, headers=TEXT, stream=True, timeout=AMPLE) for _number in range(2)]
    # An answer begins before its reader is counted.
    until(lambda: len(hub.state.topics["t"].readers) == len(readers))
    write(hub, "t", b"for both\n", TEXT)
    for reader in readers:
        assert next(reader.iter_lines()) == b"for both"
        reader.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_using_an_unknown_topic_creates_it_and_counts_as_a_write(method: str) -> None:
    with FakeHub() as hub:
        url = f"{hub.api_url}/topic/t"
        requests.request(method, url, headers=TEXT, data=b"x", stream=True, timeout=AMPLE).close()
        listed = requests.get(f"{hub.api_url}/topics", timeout=AMPLE).json()
        assert listed == [{"contentType": "text/plain", "localProvider": "", "topic": "t", "topicName": "t"}]
        assert [item.method for item in hub.writes] == [method]


def test_018_lists_no_topic() -> None:
    with FakeHub("0.18") as hub:
        assert write(hub, "t", b"x", TEXT).status_code == 202
        assert requests.get(f"{hub.api_url}/topics", timeout=AMPLE).json() == []


@pytest.mark.parametrize(
    ("name", "content_type", "status", "error"),
    [
        ("t", "image/png", 400, "Unsupported content-type"),
        ("t", "text/plain; charset=utf-8", 400, "Unsupported content-type"),
        ("a.b", "text/plain", 400, "Topic id incorrect format"),
    ],
)
def test_1x_refuses_bad_names_and_content_types(name: str, content_type: str, status: int, error: str) -> None:
    with FakeHub() as hub:
        answer = write(hub, name, b"x", {"Content-Type": content_type})
        assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_1x_keeps_the_first_content_type_of_a_topic() -> None:
    with FakeHub() as hub:
        assert write(hub, "t", b"{}\n", NDJSON).json() == {}
        assert write(hub, "t", b"x", TEXT).status_code == 500
        assert requests.get(f"{hub.api_url}/topic/t", headers=TEXT, timeout=AMPLE).status_code == 415
        # Without a type, a reader asks for ndjson.
        assert read(hub, "t", {}) == (b"{}\n", False)


def test_1x_ends_ndjson_with_a_newline() -> None:
    with FakeHub() as hub:
        write(hub, "t", b'{"a":1}', NDJSON)
        write(hub, "t", b'{"a":2}', NDJSON)
        assert read(hub, "t", NDJSON) == (b'{"a":1}\n{"a":2}\n', False)


def test_1x_never_ends_a_topic() -> None:
    with FakeHub() as hub:
        assert write(hub, "t", b"one", ENDING).status_code == 200
        assert write(hub, "t", b"two", TEXT).status_code == 200
        assert read(hub, "t", TEXT) == (b"onetwo", False)


def test_1x_does_not_answer_an_empty_write() -> None:
    with FakeHub() as hub, pytest.raises(requests.ReadTimeout):
        write(hub, "t", b"", TEXT, PATIENCE)


def test_018_ends_a_topic_for_good() -> None:
    with FakeHub("0.18") as hub:
        assert write(hub, "t", b"one", ENDING).status_code == 200
        assert read(hub, "t", TEXT) == (b"one", True)
        with pytest.raises(requests.ConnectionError):
            write(hub, "t", b"two", TEXT, PATIENCE)
        assert read(hub, "t", TEXT) == (b"", True)


def test_018_treats_data_as_text() -> None:
    with FakeHub("0.18") as hub:
        write(hub, "t", b"a\xffb", TEXT)
        assert read(hub, "t", TEXT) == ("a\ufffdb".encode(), False)


@pytest.mark.parametrize(("generation", "fits", "too_much"), [("1.x", 120_000, 132_000), ("0.18", 16_383, 16_384)])
def test_a_long_body_waits_for_a_reader(generation: str, fits: int, too_much: int) -> None:
    with FakeHub(generation) as hub:
        assert write(hub, "t", b"x" * fits, TEXT).ok
        with pytest.raises(requests.RequestException):
            write(hub, "u", b"x" * too_much, TEXT, PATIENCE)
