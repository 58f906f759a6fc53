# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values are hidden, and how."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import scrub

HIDDEN = "********"


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


def test_a_secret_is_hidden_inside_other_values_whichever_comes_first() -> None:
    config = {"dsn": "host=db user=me password=hunter22", "db": {"password": "hunter22"}, "more": ["x:hunter22/y", 7]}
    assert Masker().app_config(config) == {
        "dsn": f"host=db user=me password={HIDDEN}",
        "db": {"password": HIDDEN},
        "more": [f"x:{HIDDEN}/y", 7],
    }
    # Known from elsewhere: another option of the task, or what runs.
    known = {"hunter22"}
    assert Masker(known=known).args(["dsn:hunter22", "-p", "hunter22"]) == [f"dsn:{HIDDEN}", "-p", HIDDEN]
    assert Masker(known=known).app_config({"a": "say hunter22"}) == {"a": f"say {HIDDEN}"}
    assert Masker().args(["--dsn", "x:hunter22", "--db-pass", "hunter22"]) == [
        "--dsn",
        f"x:{HIDDEN}",
        "--db-pass",
        HIDDEN,
    ]


def test_a_secret_with_quotes_and_spaces_is_masked_as_a_whole_in_a_text() -> None:
    config = {"password": 'one"two three', "dsn": 'host=h password=one"two three port=1'}
    assert Masker().app_config(config)["dsn"] == f"host=h password={HIDDEN} port=1"


def test_a_password_that_is_a_word_is_hidden_where_it_stands_alone() -> None:
    config = {"password": "test", "dsn": "me:test@db", "hosts": ["latest", "test_1"], "test": 1}
    assert Masker().app_config(config) == {
        "password": HIDDEN,
        "dsn": f"me:{HIDDEN}@db",
        "hosts": ["latest", "test_1"],
        "test": 1,
    }


def test_a_diff_says_that_a_secret_inside_another_value_differs() -> None:
    before, after = {"dsn": "x:hunter22"}, {"dsn": "x:hunter33"}
    masker = Masker(known={"hunter22", "hunter33"})
    assert masker.changed(before, after, masker.app_config(after)) == {"dsn": "x:******** (changed)"}
    assert masker.changed(after, after, masker.app_config(after)) == {"dsn": "x:********"}


def test_empty_and_boolean_values_are_not_secrets() -> None:
    assert Masker().app_config({"use_cookies": True, "cookies": False, "password": None}) == {
        "use_cookies": True,
        "cookies": False,
        "password": None,
    }
    assert Masker(["cookies"]).app_config({"cookies": False}) == {"cookies": HIDDEN}


def test_options_and_variables_of_a_command_line() -> None:
    given = [
        "PASSWORD=a b",
        "--db-pass",
        "x",
        "PORT=1",
        "-H",
        "Authorization: Bearer abc.d1",
        "--user=me",
        "-p",
        "8080",
    ]
    assert Masker().args(given) == [
        f"PASSWORD={HIDDEN}", "--db-pass", HIDDEN, "PORT=1", "-H", f"Authorization: {HIDDEN}", "--user=me", "-p", "8080",
    ]  # fmt: skip
    assert Masker().secrets({}, given) == {"a b", "Bearer abc.d1", "abc.d1"} - {"a b"}


def test_options_of_a_command_line_on_windows() -> None:
    given = ["/user:me", "/password:correct horse", "/Token=tok 12345", "-dbPass:staple", "/secret:/data:ro", "/p:1"]
    assert Masker().args(given) == [
        "/user:me", f"/password:{HIDDEN}", f"/Token={HIDDEN}", f"-dbPass:{HIDDEN}", "/secret:/data:ro", "/p:1",
    ]  # fmt: skip
    assert {"correct horse", "tok 12345", "staple"} <= Masker().secrets({}, given)
    assert Masker().program({"again": "correct horse"}, given)[0] == {"again": HIDDEN}
    apart = [
        "/user",
        "me",
        "/dbPassword",
        "correct horse",
        "/secret",
        "/data",
        "/run/secret",
        "x",
        "/token",
        "/quiet",
        "/",
        "y",
    ]
    assert Masker().args(apart) == [*apart[:3], HIDDEN, *apart[4:]]
    assert Masker().secrets({}, apart) == {"correct horse"}


def test_only_certain_secrets_are_masked_in_a_payload() -> None:
    payload = {"apiKey": "k", "test_servers": ["test"], "said": "hunter22 password=x", "url": "http://me:x@h"}
    shown = {"apiKey": HIDDEN, "test_servers": ["test"], "said": f"{HIDDEN} password=x", "url": f"http://{HIDDEN}@h"}
    assert Masker().data(payload, {"test", "hunter22"}) == shown
    failure = Masker().failure(payload, {"test", "hunter22"})
    assert failure["test_servers"] == [HIDDEN]
    assert failure["said"] == f"{HIDDEN} password={HIDDEN}"


def test_secret_keys_that_match_nothing_are_reported() -> None:
    masker = Masker(["db.host", "db.hots", "*", "args.0", "args.4", "db.password", ""])
    assert masker.unmatched() == []
    masker.app_config({"db": {"host": "h", "password": "x"}})
    masker.args(["a"])
    assert masker.unmatched() == ["db.hots", "args.4"]


def test_a_path_into_a_masked_value_counts_as_matched() -> None:
    masker = Masker(["credentials.user"])
    assert masker.app_config({"credentials": {"user": "u"}}) == {"credentials": HIDDEN}
    assert masker.unmatched() == []


def test_a_number_that_is_secret_is_hidden_where_it_is_another_value() -> None:
    config = {"pin_code": 48151623, "login": 48151623, "other": 4815162, "pass": 42, "port": 42, "on": True}
    shown = {"pin_code": HIDDEN, "login": HIDDEN, "other": 4815162, "pass": HIDDEN, "port": 42, "on": True}
    assert Masker().program(config, [48151623, "n:48151623"]) == (shown, [HIDDEN, f"n:{HIDDEN}"])


def test_the_value_of_a_pair_is_masked_if_its_name_looks_secret() -> None:
    given = {
        "env": [{"name": "DB_PASS", "value": "x1"}, {"Key": "token", "Value": "x2"}, {"name": "PORT", "value": "1"}]
    }
    hidden = {
        "env": [{"name": "DB_PASS", "value": HIDDEN}, {"Key": "token", "Value": HIDDEN}, {"name": "PORT", "value": "1"}]
    }
    assert Masker().app_config(given) == hidden
    assert Masker().data(given, ()) == given


def test_a_private_key_under_any_name() -> None:
    lines = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"
    public = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----"
    config = {"id": f"a {lines} b", "cut": lines[:60], "public": public}
    assert Masker().app_config(config) == {"id": f"a {HIDDEN} b", "cut": HIDDEN, "public": public}
    assert Masker().program(config, ["MIIEpAIBAAKCAQEA7"])[1] == [HIDDEN]
