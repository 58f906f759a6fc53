# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are replaced by variables, each with its value."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.export.placeholders import Placeholders
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker


def test_a_value_that_contains_a_secret_is_replaced_as_a_whole() -> None:
    placeholders = Placeholders(Masker())
    config = {
        "db": {"password": "hunter22", "url": "dsn:hunter22"},
        "tokens": ["one", "two"],
        "port": 8080,
        "pin": None,
    }
    found, args = placeholders.program("my web", config, ["--token=abcdef", "visible"])
    assert found == {
        "db": {"password": "{{ vault_my_web_db_password }}", "url": "{{ vault_my_web_db_url }}"},
        "tokens": "{{ vault_my_web_tokens }}",
        "port": 8080,
        "pin": None,
    }
    assert args == ["{{ vault_my_web_args_0 }}", "visible"]
    assert placeholders.values == {
        "vault_my_web_db_password": "hunter22",
        "vault_my_web_db_url": "dsn:hunter22",
        "vault_my_web_tokens": ["one", "two"],
        "vault_my_web_args_0": "--token=abcdef",
    }


def test_equal_secrets_of_one_element_share_a_variable() -> None:
    placeholders = Placeholders(Masker(["pin"]))
    shown = [
        placeholders.program(owner, {"pin": pin}, ())[0]["pin"]
        for owner, pin in (("a", 1), ("a", 1), ("a", "1"), ("b", 1))
    ]
    assert shown == ["{{ vault_a_pin }}", "{{ vault_a_pin }}", "{{ vault_a_pin_2 }}", "{{ vault_b_pin }}"]


def test_variables_with_equal_names_get_different_numbers() -> None:
    placeholders = Placeholders(Masker())
    shown = [placeholders.program(owner, {"password": owner}, ())[0]["password"] for owner in ("a-b", "a_b")]
    assert shown == ["{{ vault_a_b_password }}", "{{ vault_a_b_password_2 }}"]
