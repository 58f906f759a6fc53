# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the event source: which are refused, and where the values of the others come from."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.following.arguments import read_arguments

HUBS = [{"name": "north", "api_url": "http://north:8000"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "hubs is empty"),
        ({"hubs": ""}, "hubs is empty"),
        ({"hubs": "http://north"}, "hubs is not a list"),
        ({"hubs": ["http://north"]}, "An item of hubs is not a mapping"),
        ({"hubs": [{"name": "north"}]}, "An item of hubs has no api_url"),
        ({"hubs": [{"api_url": 8000}]}, "api_url of an item of hubs is not text"),
        ({"hubs": [{"api_url": "north"}]}, "is not an address: set one such as"),
        ({"hubs": [{"api_url": "http://u:canary@north"}]}, "api_url holds credentials"),
        ({"hubs": [{"api_url": "http://north", "port": 1}]}, "An item of hubs has no argument port"),
        ({"hubs": [{"name": True, "api_url": "http://north"}]}, "name of an item of hubs is not text"),
        ({"hubs": [*HUBS, {"name": "north", "api_url": "http://other"}]}, "have the name north"),
        ({"hubs": [*HUBS, {"api_url": "http://north:8000/api/v1/"}]}, "have the api_url http://north:8000/api/v1"),
        ({"hubs": HUBS, "intervall": 1}, "no argument intervall"),
        ({"hubs": HUBS, "interval": 0.05}, "interval must be 0.1 seconds or more"),
        ({"hubs": HUBS, "interval": "often"}, "interval is not a number"),
        ({"hubs": HUBS, "interval": True}, "interval is not a number"),
        ({"hubs": HUBS, "interval": "inf"}, "interval is not a number"),
        ({"hubs": HUBS, "stable_for": -1}, "stable_for must not be negative"),
        ({"hubs": HUBS, "events": ["a/b"]}, "events: 'a/b' cannot be waited for"),
        ({"hubs": HUBS, "events": ["up", ""]}, "An item of events is empty"),
        ({"hubs": HUBS, "events": [True]}, "An item of events is not text"),
        ({"hubs": HUBS, "ready_event": "is ready"}, "ready_event 'is ready' cannot be waited for"),
        ({"hubs": HUBS, "instance": [7]}, "An item of instance is not text"),
        ({"hubs": HUBS, "sequence": "shop@"}, "ends with @"),
        ({"hubs": HUBS, "mask_output": "maybe"}, "mask_output is neither true nor false"),
        ({"hubs": HUBS, "token": ["canary"]}, "token is not text"),
        ({"hubs": HUBS, "token": "canary\n canary"}, "token holds a line end"),
        ({"hubs": HUBS, "token": "canary", "url_username": "u"}, "token and url_username are both set"),
        ({"hubs": HUBS, "url_password": "canary"}, "url_password needs url_username"),
        ({"hubs": HUBS, "token_file": "/nowhere/canary-file"}, "token_file /nowhere/canary-file cannot be read"),
        ({"hubs": HUBS, "ca_path": "/nowhere"}, "ca_path /nowhere does not exist"),
        ({"hubs": HUBS, "headers": 7}, "headers must be a mapping"),
        ({"hubs": HUBS, "request_timeout": 0}, "request_timeout must be a number of seconds"),
        ({"hubs": HUBS, "request_retries": 1.5}, "request_retries is not a whole number"),
        ({"hubs": HUBS, "request_retries": -1}, "request_retries must not be negative"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_arguments_are_refused_in_one_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SthError) as failure:
        read_arguments(given, {})
    assert failure.value.code == "INVALID_OPTION"
    assert said in failure.value.message
    assert "canary" not in failure.value.message.replace("canary-file", "")
    assert "\n" not in failure.value.message


def test_arguments_may_be_text_and_empty_text_counts_as_not_set() -> None:
    given = {
        "hubs": [{"api_url": " http://north:8000 ", "name": ""}],
        "instance": "shop",
        "events": ["up", "up"],
        "sequence": "",
        "ready_event": " ",
        "interval": "2.5",
        "mask_output": "no",
        "token": "",
        "validate_certs": "false",
        "request_retries": "2",
    }
    found = read_arguments(given, {})
    assert (found.instances, found.events, found.sequence, found.ready_event) == (("shop",), ("up",), None, None)
    assert (found.interval, found.stable_for, found.mask_output) == (2.5, 2.0, False)
    (hub,) = found.hubs
    assert hub.name == hub.connection.api_url == "http://north:8000/api/v1"
    assert (hub.connection.validate_certs, hub.connection.request_retries, hub.connection.token) == (False, 2, None)
    assert (hub.connection.request_timeout, hub.connection.connect_timeout) == (10.0, 5.0)


def test_a_hub_wins_over_the_source_and_the_source_over_the_environment(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file")
    given = {
        "hubs": [*HUBS, {"api_url": "https://south", "url_username": "u", "url_password": "p", "connect_timeout": 3}],
        "token_file": str(file),
        "connect_timeout": 2,
    }
    environment = {"STH_TOKEN": "of-environment", "STH_REQUEST_TIMEOUT": "7", "STH_CONNECT_TIMEOUT": "9"}
    north, south = (hub.connection for hub in read_arguments(given, environment).hubs)
    assert (north.token, north.token_file, north.url_username) == (None, str(file), None)
    assert (south.token, south.token_file, south.url_username, south.url_password) == (None, None, "u", "p")
    assert (north.connect_timeout, south.connect_timeout) == (2.0, 3.0)
    assert north.request_timeout == south.request_timeout == 7.0
    (alone,) = read_arguments({"hubs": HUBS}, environment).hubs
    assert (alone.connection.token, alone.connection.connect_timeout) == ("of-environment", 9.0)


def test_a_token_without_tls_gives_a_warning() -> None:
    (warning,) = read_arguments({"hubs": HUBS, "token": "x"}, {}).warnings
    assert warning.startswith("A token or password is sent to http://north:8000/api/v1 without TLS: ")
    assert read_arguments({"hubs": [{"api_url": "https://north"}], "token": "x"}, {}).warnings == ()
