# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of a task in -vvv, and configuration in results and diffs, if one value contains another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.invocation import (
    secrets_of,
    shown_arguments,
    shown_command,
)
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES, run_task

HIDDEN = "********"


def test_each_argument_hides_the_secrets_of_all() -> None:
    shown = shown_arguments(
        {
            "app_config": {"dsn": "x:hunter22", "password": "hunter22", "mode": "hunting"},
            "args": ["dsn:hunter22", "PASSWORD=oth3rsecret", "mode"],
            "overrides": [{"args": ["x-hunter22", "oth3rsecret"]}, {"app_config": {"db_pass": "th1rdsecret"}}],
            "start_options": {"note": "th1rdsecret"},
            "payload": {"said": "hunter22"},
            "lines": ["hunter22"],
            "content": "say hunter22",
            "input": {"content": "oth3rsecret"},
            "payload_json": '["hunter22"]',
            "secret_keys": ["mode"],
        }
    )
    assert not [
        secret for secret in ("hunter22", "oth3rsecret", "th1rdsecret", "hunting") if secret in json.dumps(shown)
    ]
    assert shown["args"] == [f"dsn:{HIDDEN}", f"PASSWORD={HIDDEN}", "mode"]
    assert shown["content"] == f"say {HIDDEN}"


def test_secrets_of_running_instances_are_masked_too() -> None:
    assert shown_arguments({"args": ["dsn:hunter22"]}, {"hunter22"})["args"] == [f"dsn:{HIDDEN}"]


@pytest.mark.parametrize("arguments", [{}, {"app_config": "x", "args": "y"}, {"overrides": "x"}, {"secret_keys": [7]}])
def test_invalid_arguments_are_shown_or_masked(arguments: dict[str, Any]) -> None:
    assert set(shown_arguments(arguments)) == set(arguments)


def test_mappings_given_as_text_show_no_secret() -> None:
    text = '{"password": "hunter22"}'
    given = {"app_config": text, "overrides": f'[{{"app_config": {text}}}]', "start_options": text, "args": text}
    assert "hunter22" not in json.dumps(shown_arguments(given))


def test_the_value_of_a_misspelt_option_is_not_shown() -> None:
    given = {
        "name": "web",
        "passwrd": "hunter22",
        "argss": ["hunter22"],
        "overrides": [{"app_confg": {"a": "hunter22"}}],
    }
    shown = shown_arguments(given, options={"name", "overrides"})
    assert shown == {"name": "web", "passwrd": HIDDEN, "argss": HIDDEN, "overrides": [{"app_confg": HIDDEN}]}


def test_secrets_in_a_command_that_builds_are_not_shown() -> None:
    given: dict[str, Any] = {
        "build": "NPM_TOKEN=hunter22 npm ci && echo s3cret-word",
        "app_config": {"password": "s3cret-word"},
    }
    command = f"NPM_TOKEN={HIDDEN} npm ci && echo {HIDDEN}"
    assert shown_arguments(given)["build"] == command
    assert shown_command(given["build"], given) == command


def test_what_the_output_of_a_command_must_not_show() -> None:
    arguments = {
        "token": "t0ken-1",
        "headers": {"X-Extra": "h3ader-2"},
        "app_config": {"password": "p4ss-3", "mode": "fast"},
        "build": "KEY=1 API_KEY=k3y-4 make",
    }
    assert {"t0ken-1", "h3ader-2", "p4ss-3", "k3y-4", "n5m-5"} <= secrets_of(
        arguments, {"NPM_TOKEN": "n5m-5", "CI": "yes"}
    )
    assert not {"fast", "yes"} & secrets_of(arguments, {"NPM_TOKEN": "n5m-5", "CI": "yes"})


@pytest.mark.parametrize("module", ["sth_instance", "sth_deployment"])
def test_a_secret_inside_another_value_is_in_no_result_and_no_diff(hub: FakeHub, module: str) -> None:
    assert run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["changed"]
    config = {"dsn": "db=x password=hunter22", "db": {"pass": "oth3rsecret"}, "url": "x-oth3rsecret-y", "plain": "seen"}
    options: dict[str, Any] = {"name": "web", "sequence": "probe", "stable_for": 0, "stop_timeout": 0}
    for check in (True, False, True):
        result = run_task(module, hub, check=check, app_config=config, args=["dsn:hunter22", "seen"], **options)
        assert "hunter22" not in json.dumps(result)
        assert "oth3rsecret" not in json.dumps(result)
        instance = result["instances"][0]
        assert instance["args"] == [f"dsn:{HIDDEN}", "seen"]
        assert instance["app_config"]["dsn"] == f"db=x password={HIDDEN}"
        assert instance["app_config"]["url"] == f"x-{HIDDEN}-y"
    # Known from what runs only, since the task no longer holds the key that says that it is a secret.
    changed = run_task(module, hub, app_config={"note": "oth3rsecret"}, args=["hunter22"], **options)
    assert "hunter22" not in json.dumps(changed)
    assert "oth3rsecret" not in json.dumps(changed)
    assert "(changed)" in json.dumps(changed["diff"])
