# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values are hidden, and how."""

from __future__ import annotations

import json

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masking import (
    Masker,
    is_secret_key,
    scrub,
    scrub_bytes,
)

HIDDEN = "********"


@pytest.mark.parametrize(
    "key",
    [
        "password", "PASSWORD", "dbPassword", "db_passwd", "pwd", "pass-phrase passphrase", "clientSecret", "secrets",
        "awsCredentials", "private_key", "privateKey", "api-key", "apiKey", "API_KEY", "access.key", "signingKey",
        "token", "accessToken", "GITHUB_TOKEN", "apikey",
    ],
)  # fmt: skip
def test_keys_that_look_secret(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key", ["max_tokens", "public_key", "tokenizer", "token_count", "key", "compass", "secretary", ""]
)
def test_keys_that_do_not(key: str) -> None:
    assert not is_secret_key(key)


def test_app_config_is_masked_at_every_depth_and_keeps_its_shape() -> None:
    config = {"db": {"password": {"a": 1}, "host": "h"}, "list": [{"token": "t"}], "url": "https://u:p@h/x", "n": 3}
    assert Masker().app_config(config) == {
        "db": {"password": HIDDEN, "host": "h"},
        "list": [{"token": HIDDEN}],
        "url": f"https://{HIDDEN}@h/x",
        "n": 3,
    }


def test_secret_keys_name_more_paths() -> None:
    masker = Masker(["db.host", "users.*.mail", "args.1"])
    assert masker.app_config({"db": {"host": "h", "port": 1}, "host": "x"}) == {
        "db": {"host": HIDDEN, "port": 1},
        "host": "x",
    }
    assert masker.app_config({"users": [{"mail": "m", "id": 1}]}) == {"users": [{"mail": HIDDEN, "id": 1}]}
    assert masker.args(["a", "b"]) == ["a", HIDDEN]


def test_a_star_alone_masks_every_value() -> None:
    assert Masker(["*"]).app_config({"a": 1, "b": {"c": [True]}}) == {"a": HIDDEN, "b": HIDDEN}


def test_arguments() -> None:
    given = ["--password=x", "--api-key", "y", "--verbose", "z", "--max-tokens=5", "https://u:p@h"]
    shown = [f"--password={HIDDEN}", "--api-key", HIDDEN, "--verbose", "z", "--max-tokens=5", f"https://{HIDDEN}@h"]
    assert Masker().args(given) == shown


def test_arguments_inside_of_arguments() -> None:
    given = [
        ["--password", "x", "y"],
        {"run": ["--token=z"], "apiKey": 1, "n": [{"pin": 2}]},
        3,
        "--secret",
        {"a": [4]},
    ]
    masker = Masker(["args.1.n.0.pin"])
    shown = [
        ["--password", HIDDEN, "y"],
        {"run": [f"--token={HIDDEN}"], "apiKey": HIDDEN, "n": [{"pin": HIDDEN}]},
        3,
        "--secret",
        HIDDEN,
    ]
    assert masker.args(given) == shown
    assert Masker(["args.0.2"]).args([["a", "b", "c"], "d"]) == [["a", "b", HIDDEN], "d"]
    assert masker.secrets({}, [["--password", "canary"], {"token": 123456}]) == {"canary", "123456"}


def test_a_diff_says_that_a_secret_differs_and_not_how() -> None:
    masker = Masker()
    before, after = {"token": "old", "n": 1}, {"token": "new", "n": 2}
    assert masker.changed(before, after, masker.app_config(after)) == {"token": "******** (changed)", "n": 2}
    assert masker.changed(after, after, masker.app_config(after)) == {"token": HIDDEN, "n": 2}


def test_secrets_are_scrubbed_from_texts_also_where_they_are_json_text() -> None:
    masker = Masker()
    secrets = masker.secrets({"password": 'ca"nary', "url": "http://me:hush@h"}, ["--token=tik-tok"])
    text = scrub('log {"password":"ca\\"nary"} tik-tok me:hush', secrets)
    assert "nary" not in text
    assert "tik-tok" not in text
    assert "hush" not in text


def test_short_values_do_not_blank_a_text() -> None:
    assert scrub("exit code 1", Masker().secrets({"password": "1"})) == "exit code 1"


AWKWARD = "tab\there\rü€\u2028'\"\\\nnext \x1b[0m line"
# What Node.js's util.inspect says, which takes another quote than those that the text holds.
INSPECTED = "tab\\there\\rü€\u2028\\'\"\\\\\\nnext \\x1B[0m line"


@pytest.mark.parametrize(
    "written",
    [
        AWKWARD,
        json.dumps(AWKWARD),
        json.dumps(AWKWARD, ensure_ascii=False),
        json.dumps(AWKWARD).replace("\\u00fc", "\\u00FC").replace("\\u20ac", "\\u20AC").replace("\\u001b", "\\u001B"),
        INSPECTED,
        INSPECTED.replace("\\'", "'"),
        repr(AWKWARD),
        json.dumps({"said": json.dumps({"password": AWKWARD})}),
        json.dumps(INSPECTED, ensure_ascii=False),
    ],
)
def test_secrets_are_found_in_every_form_in_which_they_are_written(written: str) -> None:
    shown = scrub(f"before {written} after", {AWKWARD})
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert HIDDEN in shown
    assert not any(piece in shown for piece in ("tab", "here", "next", "line"))


def test_the_lines_of_a_secret_are_secrets_too() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nx\n"
    assert scrub("it's 'MIIEvQIBADANBgkq\\n' + 'x'", {key}) == f"it's '{HIDDEN}\\n' + 'x'"


def test_what_is_left_of_a_secret_at_a_cut_is_hidden() -> None:
    secrets = {"canary-of-some-length", 'with "quotes" in it'}
    assert scrub("bad token canary-of-so", secrets, part=True) == f"bad token {HIDDEN}"
    assert scrub("of-some-length was bad", secrets, part=True) == f"{HIDDEN} was bad"
    assert scrub('{"x":"with \\"quo', secrets, part=True) == f'{{"x":"{HIDDEN}'
    assert scrub("ary-of-so", secrets, part=True) == HIDDEN
    assert scrub("canary-of-so", secrets, part=False) == "canary-of-so"
    assert scrub("a can", secrets, part=True) == "a can"
    assert scrub_bytes("pässwörd".encode()[:-3], {"pässwörd"}, part=True) == HIDDEN.encode()


def test_secrets_that_overlap_are_hidden_whole() -> None:
    secrets = {"abcdabcd", "canary-token", "token-other"}
    assert scrub("say abcdabcd", secrets, part=True) == f"say {HIDDEN}"
    assert scrub("canary-token-other!", secrets) == f"{HIDDEN}!"
