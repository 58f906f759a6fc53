# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How connection options are read."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import (
    Connection,
    connection_from_options,
    normalise_api_url,
)
from ansible_collections.scramjet.sth.tests.unit.scripted_server import failure


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("http://hub", "http://hub/api/v1"),
        ("http://hub:8000/", "http://hub:8000/api/v1"),
        ("https://hub/sth/api/v1/", "https://hub/sth/api/v1"),
        (" http://[::1]:8000 ", "http://[::1]:8000/api/v1"),
    ],
)
def test_the_path_of_the_api_is_added_only_where_there_is_none(given: str, meant: str) -> None:
    assert normalise_api_url(given) == meant


@pytest.mark.parametrize(
    "url",
    ["hub:8000", "ftp://hub", "http://", "http://hub:port", "http://hub/?a=b", "http://hub:0", "http://hub..example"],
)
def test_an_invalid_api_url_is_refused(url: str) -> None:
    with pytest.raises(SthError) as caught:
        normalise_api_url(url)
    assert caught.value.code == "INVALID_OPTION"


def test_credentials_in_the_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(SthError) as caught:
        normalise_api_url("http://admin:s3cr3t@hub")
    assert "s3cr3t" not in caught.value.message


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"token": "t", "url_username": "u"}, "are both set"),
        ({"url_password": "p"}, "url_username"),
        ({"client_key": "k"}, "client_cert"),
        ({"headers": {"Content-Type": "x"}}, "Content-Type"),
        ({"headers": ["x"]}, "mapping"),
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"api_url": ""}, "api_url"),
        ({"request_retries": -1}, "request_retries"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(SthError, match=word):
        connection_from_options(options)


def test_empty_texts_count_as_not_given() -> None:
    assert connection_from_options({"token": "", "url_username": "", "ca_path": ""}) == Connection()


@pytest.mark.parametrize(
    ("url", "warns"),
    [("http://hub", True), ("https://hub", False), ("http://127.0.0.1:8000", False), ("http://localhost", False)],
)
def test_a_token_over_plain_http_to_another_machine_is_noted(url: str, warns: bool) -> None:
    assert connection_from_options({"api_url": url, "token": "t"}).sends_token_in_clear is warns


def test_secrets_are_not_in_the_text_of_a_connection() -> None:
    text = repr(
        connection_from_options({"url_username": "u", "url_password": "canary", "headers": {"X-Key": "canary"}})
    )
    assert "canary" not in text


@pytest.mark.parametrize("text", ["secret-canary\n", " secret-canary", "secret-canary\x00", "secret-canaryż"])
@pytest.mark.parametrize("option", ["token", "headers"])
def test_invalid_header_values_are_refused_and_not_shown(option: str, text: str) -> None:
    with pytest.raises(SthError) as caught:
        connection_from_options({option: {"X-Extra": text} if option == "headers" else text})
    assert caught.value.code == "INVALID_OPTION"
    assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    "options",
    [
        {"request_timeout": float("nan")},
        {"connect_timeout": float("inf")},
        {"request_timeout": 0},
        {"request_timeout": 1e12},
        {"headers": {"X:Y": "1"}},
        {"headers": {"": "1"}},
        {"headers": {" X": "1"}},
        {"ca_path": "/no/such/file"},
        {"client_cert": "/no/such/file"},
        {"token_file": "/dev/zero"},
        {"ca_path": "/dev/zero"},
        {"client_cert": "/dev/zero"},
    ],
)
def test_unusable_connection_options_are_refused_before_any_request(options: dict[str, object]) -> None:
    with pytest.raises(SthError) as caught:
        connection_from_options(options)
    assert caught.value.code == "INVALID_OPTION"
    assert next(iter(options)) in caught.value.message


@pytest.mark.parametrize("text", ["", " \n", "two words", "two\nlines", "t\u00f6ken", "x" * 20_000])
def test_a_file_without_one_token_is_refused(tmp_path: pathlib.Path, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text, encoding="utf-8")
    error = failure(connection_from_options, {"token_file": str(path)})
    assert (error.code, "does not hold one token" in error.message) == ("INVALID_OPTION", True)
    assert not text.strip() or text.strip() not in error.message


def test_a_token_is_given_in_one_way(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "token"
    assert "cannot be read" in failure(connection_from_options, {"token_file": str(path)}).message
    path.write_text("t0\n")
    for other in ({"token": "x"}, {"url_username": "u"}):
        assert "token_file" in failure(connection_from_options, {"token_file": str(path), **other}).message
    known = connection_from_options({"api_url": "http://hub.example.com", "token_file": str(path)})
    assert known.sends_token_in_clear
