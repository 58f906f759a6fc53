# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that are found by the form of a text."""

from __future__ import annotations

import time

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.in_text import (
    named_values,
    secrets_in,
    url_users,
    with_mask,
)
from ansible_collections.scramjet.sth.tests.running.pace import bound


def shown(text: str) -> str:
    """Return a text as configuration shows it."""
    return with_mask(text, [*url_users(text), *named_values(text)], "***")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host=db user=me password=hunter22 port=1", "host=db user=me password=*** port=1"),
        ("Server=h;User Id=me;Password=a b;Port=1", "Server=h;User Id=me;Password=*** b;Port=1"),
        ("jdbc:postgresql://h/d?user=me&password=x&ssl=true", "jdbc:postgresql://h/d?user=me&password=***&ssl=true"),
        ("https://me:x@h/p?token=abc", "https://***@h/p?token=***"),
        ("--set db.password=x", "--set db.password=***"),
        (
            "run --db-pass x --user me --api-key 'a b' --token\ty",
            "run --db-pass *** --user me --api-key *** --token\t***",
        ),
        ("Authorization: Bearer abc", "Authorization: ***"),
        ("authorization: Basic YTpi==", "authorization: ***"),
        ("Bearer eyJhbGciOi.J9", "Bearer ***"),
        ("Cookie: a=1; b=2\nHost: h", "Cookie: ***\nHost: h"),
        ("cookie=a; b=2", "cookie=***; b=2"),
        ('{"user": "me", "password": "a b"}', '{"user": "me", "password": ***}'),
        ('{\\"password\\":\\"a b\\"}', '{\\"password\\":***}'),
        ("{'password': 'a b', 'n': 1}", "{'password': ***, 'n': 1}"),
        ("password: x\nuser: me", "password: ***\nuser: me"),
        ("password:x", "password:***"),
        ("{user:me,password:x}", "{user:me,password:***"),
        ("--password:x", "--password:***"),
        ("/password:x", "/password:***"),
        ("run /user:me /password:x /token=y", "run /user:me /password:*** /token=***"),
        ("run '/db-pass:a b' \"/apiKey:y\"", "run '/db-pass:*** b' \"/apiKey:***\""),
        ('x="password=y"', 'x="password=***"'),
    ],
)
def test_values_with_a_secret_name_are_hidden(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "registry.example.com/team/secret:1.2", "a/secret:x", "/secret:/data:ro", "/run/secret:x", "/user:me", "arn:aws:secret:x", "max_tokens=5", "bypass=1", "vault://secret/x",
        "--token --verbose", "--max-tokens 5", "a --password", "x--password y",
        "secret://x", "the password is long", "Bearer certificates expired", "a=b", "time: 12:30", "=", ":", "",
    ],
)  # fmt: skip
def test_other_texts_stay(text: str) -> None:
    assert shown(text) == text


def test_a_secret_found_in_a_text_is_masked_in_later_texts_too() -> None:
    text = "https://me:hush@h password='hunter22' Authorization: Bearer abc.d1"
    assert {"me:hush", "hush", "hunter22", "Bearer abc.d1", "abc.d1"} <= set(secrets_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "a-" * 100_000,
        "a=" * 100_000,
        "://" * 60_000,
        "Bearer " * 30_000,
        "--token " * 30_000,
        "--" * 90_000,
    ],
)
def test_a_long_text_is_searched_quickly(text: str) -> None:
    begun = time.process_time()
    shown(text)
    assert time.process_time() - begun < bound(5)
