# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of tasks that fail before their module does anything: on the controller, or because of their arguments."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.integration.playbooks import play, run_playbook

MISSING = "no/such/file"


@pytest.mark.parametrize("entrance", ["auto", "module"])
def test_a_missing_file_is_reported_in_process_as_by_the_module(tmp_path: pathlib.Path, entrance: str) -> None:
    run: dict[str, Any] = {"name": "job", "sequence": "probe", "state": "completed"}
    tasks = [
        *failing(
            "sth_instance", {**run, "input": {"src": MISSING}}, "INVALID_OPTION", f"input.src {MISSING}", "remote_src"
        ),
        *failing("sth_stream", {"instance": "job", "stream": "input", "src": MISSING}, "INVALID_OPTION", "remote_src"),
        *failing("sth_sequence", {"src": MISSING}, "INVALID_PACKAGE", "remote_src"),
        *failing("sth_package", {"src": MISSING}, "INVALID_PACKAGE", f"src {MISSING} was not found"),
        told("'remote_src' not in failed.msg"),
    ]
    run_playbook(play(tmp_path / "missing.yml", {"tasks": tasks}), {"sth_entrance": entrance})


@pytest.mark.parametrize("entrance", ["auto", "module"])
def test_every_early_failure_names_the_hub_and_reports_no_change(tmp_path: pathlib.Path, entrance: str) -> None:
    url = "http://hub.invalid:9000"
    tasks = [
        # Failures on the controller, because of arguments that do not fit the spec, and because of options that exclude each other.
        *failing("sth_instance", {"name": "job", "sequence": None}, "INVALID_OPTION"),
        meant(f"{url}/api/v1"),
        *failing("sth_instance", {"name": "job", "state": "there"}, "INVALID_OPTION"),
        meant(f"{url}/api/v1"),
        *failing("sth_instance", {"name": "job", "unheard_of": 1}, "INVALID_OPTION"),
        meant(f"{url}/api/v1"),
        *failing("sth_instance", {"name": "job", "token": "hunter22", "url_username": "me"}, "INVALID_OPTION"),
        meant(f"{url}/api/v1"),
        *failing(
            "sth_instance", {"name": "job", "sequence": None, "api_url": "http://me:canary@hub"}, "INVALID_OPTION"
        ),
        meant(None),
        *failing(
            "sth_instance", {"name": "job", "state": "there", "api_url": "http://me:canary@hub"}, "INVALID_OPTION"
        ),
        meant(None),
        *failing("sth_instance_info", {"unheard_of": 1}, "INVALID_OPTION"),
        told("failed.hub.api_url is search('hub.invalid')", "'actions' not in failed"),
        *failing("sth_package", {"src": MISSING}, "INVALID_PACKAGE"),
        told("'hub' not in failed", "failed.actions == []"),
    ]
    output = run_playbook(
        play(tmp_path / "early.yml", {"tasks": tasks}), {"sth_entrance": entrance, "sth_api_url": url}, "-vvv"
    )
    assert "canary" not in output


@pytest.mark.parametrize("entrance", ["auto", "module"])
def test_an_early_failure_names_the_hub_of_the_environment(tmp_path: pathlib.Path, entrance: str) -> None:
    null, misspelt = {"name": "job", "sequence": None}, {"name": "job", "state": "there"}
    keyword = {"environment": {"STH_API_URL": "http://keyword.invalid"}}
    tasks = [
        item
        for options in (null, misspelt)
        for task, told_so in [failing("sth_instance", options, "INVALID_OPTION")]
        for item in (
            task, told_so, meant("http://process.invalid/api/v1"), {**task, **keyword}, meant("http://keyword.invalid/api/v1"),
        )
    ]  # fmt: skip
    environment = {"STH_API_URL": "http://process.invalid"}
    run_playbook(play(tmp_path / "early.yml", {"tasks": tasks}), {"sth_entrance": entrance}, environment=environment)


def meant(api_url: str | None) -> dict[str, Any]:
    """Return a task that checks the last failure: its hub, and whether anything was changed."""
    hub = {"api_url": api_url, "generation": None, "version": None}
    return told(f"failed.hub == {hub}", "failed.actions == []", "failed is not changed")


def failing(module: str, options: dict[str, Any], code: str, *words: str) -> list[dict[str, Any]]:
    task = {f"scramjet.sth.{module}": options, "register": "failed", "failed_when": False}
    return [task, told(f"failed.error_code == '{code}'", *(f"'{word}' in failed.msg" for word in words))]


def told(*that: str) -> dict[str, Any]:
    return {"ansible.builtin.assert": {"that": list(that), "fail_msg": "told {{ failed }}"}}
