# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.http.connection import Connection, connection_from_options
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import HUB


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in HUB.values():
        (variable,) = spec["fallback"][1]
        monkeypatch.delenv(variable, raising=False)


def validated(**given: Any) -> dict[str, Any]:
    result = ArgumentSpecValidator(HUB).validate(given)
    assert not result.error_messages
    return dict(result.validated_parameters)


def test_without_options_the_connection_is_the_default_one() -> None:
    assert connection_from_options(validated()) == Connection()


def test_an_option_comes_before_the_environment_and_that_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STH_REQUEST_TIMEOUT", "7.5")
    assert validated()["request_timeout"] == 7.5
    assert validated(request_timeout=3)["request_timeout"] == 3.0
    # An empty variable is one that is not set.
    monkeypatch.setenv("STH_REQUEST_TIMEOUT", "")
    assert validated()["request_timeout"] == 30.0


@pytest.mark.parametrize("option", ["token", "headers", "url_password"])
def test_tokens_and_passwords_are_no_log_options(option: str) -> None:
    assert HUB[option]["no_log"] is True
