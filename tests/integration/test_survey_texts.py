# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables as the answer to a survey: text, which may be empty.

Every variable of the role ``run_job``, every list and mapping of the role ``hub``, and every connection variable. What the tasks pass on
must be the same as with values of the right type. The options of a deployment are tested in
tests/unit/plugins/plugin_utils/test_deployment_list.py.
"""

from __future__ import annotations

import json
import pathlib
from textwrap import indent
from typing import Any

import yaml

from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import CONNECTION_VARIABLES
from ansible_collections.scramjet.sth.tests.awx.launching import unsafe_yaml
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import recorded, recording
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, run_playbook

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
LINES = str(ROOT / "playbooks" / "files" / "readings.ndjson")
# A path for output. Nothing is written there, because the tests run in check mode.
OUTPUT = str(ROOT / "output-of-a-job")
# For each variable, a value of its type and the same value as text. Variables that exclude each other are in different groups.
SRC = {"run_job_src": (PROBE, PROBE)}
GROUPS: list[dict[str, tuple[Any, str]]] = [
    {
        **SRC,
        "run_job_remote_src": (True, "yes"),
        "run_job_exclude": (["*.md", "docs/"], "*.md\r\ndocs/\n"),
        "run_job_name": ("nightly", "nightly"),
        "run_job_app_config": ({"top": 3, "deep": {"pins": [1]}}, "top: 3\ndeep:\n  pins: [1]\n"),
        "run_job_args": (["one", "two, words"], "one\ntwo, words\n\n"),
        "run_job_secret_keys": (["deep.pins", "top"], "deep.pins\ntop"),
        "run_job_input": ("some\ntext: [", "some\ntext: ["),
        "run_job_input_stream": ("stdin", "stdin"),
        "run_job_input_content_type": ("text/plain", "text/plain"),
        "run_job_completion_lines": (10, "10"),
        "run_job_completion_silence": (2.5, "2.5"),
        "run_job_wait_for_exit": (False, "no"),
        "run_job_run_timeout": (60, "60"),
        "run_job_overload_timeout": (0, "0"),
        "run_job_stop_timeout": (1.5, "1.5"),
        "run_job_if_running": ("replace", "replace"),
        "run_job_collect": (["output", "log"], "output\nlog"),
        "run_job_log_source": ("all", "all"),
        "run_job_log_level": ("warn", "warn"),
        "run_job_collect_max_bytes": (1000, "1000"),
        "run_job_mask_output": (False, "false"),
        "run_job_cleanup": ("on_success", "on_success"),
        "run_job_remove_sequence": ("next_run", "next_run"),
        "run_job_set_stats": (True, "true"),
        "run_job_set_stats_streams": (True, "on"),
    },
    {
        **SRC,
        "run_job_build": ("true", "true"),
        "run_job_input_lines": (["one", "two: 2"], "one\ntwo: 2\n"),
        "run_job_completion_event": ("report", "report"),
        "run_job_completion_regex": ("^total", "^total"),
        "run_job_failure_event": ("failed", "failed"),
        "run_job_output_dest": (OUTPUT, OUTPUT),
    },
    {
        "run_job_sequence": ("probe@1.0.0", "probe@1.0.0"),
        "run_job_input_src": (LINES, LINES),
        "run_job_input_remote_src": (True, "1"),
        "sth_token": ("abc123def", "abc123def"),
        "sth_headers": ({"X-Tenant": "berlin"}, '{"X-Tenant": "berlin"}'),
        "sth_validate_certs": (False, "no"),
        "sth_use_proxy": (False, "false"),
        "sth_connect_timeout": (2.5, "2.5"),
        "sth_request_timeout": (20, "20"),
        "sth_request_retries": (0, "0"),
        "sth_ca_path": (LINES, LINES),
        "sth_client_cert": (LINES, LINES),
        "sth_client_key": (LINES, LINES),
    },
]
# Variables whose value is text anyway, and that exclude others.
ALONE = {"sth_api_url", "sth_token_file", "sth_url_username", "sth_url_password"}


def role_variables() -> set[str]:
    spec = yaml.safe_load((ROOT / "roles" / "run_job" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return set(spec["argument_specs"]["main"]["options"])


def passed_on(groups: list[dict[str, Any]], directory: pathlib.Path) -> list[Any]:
    """Run the role in check mode with each group of variables, and return the arguments of its tasks.

    In check mode nothing runs, so the variables need not fit a program.
    """
    directory.mkdir()
    # A controller marks answers as unsafe, so that Ansible does not evaluate templates in them.
    tasks = [
        f"  - ansible.builtin.include_role: {{name: scramjet.sth.run_job}}\n    vars:\n{indent(unsafe_yaml(group), ' ' * 6)}"
        for group in groups
    ]
    book = directory / "play.yml"
    book.write_text("- hosts: all\n  gather_facts: false\n  tasks:\n" + "".join(tasks), encoding="utf-8")
    results = directory / "results.json"
    with FakeHub(generation="1.x") as hub:
        environment = {**recording(results), "STH_API_URL": hub.api_url, "ANSIBLE_VERBOSITY": "3"}
        run_playbook(book, {}, "--check", environment=environment, warned=True)
        found = [
            {"task": item["task"], "arguments": item["result"]["invocation"]["module_args"]}
            for item in recorded(results)
        ]
        for item in found:
            assert item["arguments"].pop("api_url") == hub.api_url
    assert found
    return found


def test_each_variable_as_text(tmp_path: pathlib.Path) -> None:
    named = {name for group in GROUPS for name in group}
    assert role_variables() <= named
    assert set(CONNECTION_VARIABLES.values()) - ALONE <= named
    typed = passed_on([{name: value for name, (value, _text) in group.items()} for group in GROUPS], tmp_path / "typed")
    texts = passed_on([{name: text for name, (_value, text) in group.items()} for group in GROUPS], tmp_path / "texts")
    assert texts == typed
    # The values have really reached the tasks.
    assert {item["arguments"].get("collect_max_bytes") for item in typed} >= {1000}
    assert {item["arguments"].get("request_retries") for item in typed} >= {0}


def test_blank_answers_count_as_not_set(tmp_path: pathlib.Path) -> None:
    """The connection variables too: then the environment counts, such as what a credential injects."""
    every = {**dict.fromkeys(role_variables(), ""), **dict.fromkeys(CONNECTION_VARIABLES.values(), "")}
    given = {"run_job_src": PROBE}
    assert passed_on([{**every, **given}], tmp_path / "blank") == passed_on([given], tmp_path / "absent")


# Variables of the role hub that are lists or mappings, with what the role makes of them.
OF_THE_HUB: dict[str, tuple[Any, str, str]] = {
    "hub_config": (
        {"logLevel": "debug", "host": {"apiBase": "/api/v2"}},
        "logLevel: debug\nhost:\n  apiBase: /api/v2\n",
        "hub__hub_config",
    ),
    "hub_runner_environment": (
        {"PLAIN": "word", "PORT": 80},
        '{"PLAIN": "word", "PORT": 80}',
        "hub__runner_environment",
    ),
    "hub_instance_requirements": ({"freeMem": 100}, "freeMem: 100", "hub__settings_base"),
    "hub_writable_paths": (["/srv/a", "/srv/b, c"], "/srv/a\r\n/srv/b, c\n\n", "hub__writable"),
    "hub_front_tokens": (["first-token", "second.token"], "first-token\nsecond.token", "hub__given.hub_front_tokens"),
}


def made_by_the_role_hub(given: dict[str, Any], directory: pathlib.Path) -> dict[str, Any]:
    """Run the role in check mode, and return what it makes of the variables."""
    directory.mkdir()
    places = {name: str(ROOT / "not-there" / name) for name in ("hub_prefix", "hub_data_dir", "hub_log_dir")}
    variables = {**places, "hub_manage_user": "no", "hub_supervisor": "process", **given}
    made = "{{ {" + ", ".join(f"'{name}': {name}" for _value, _text, name in OF_THE_HUB.values()) + "} | to_json }}"
    written = directory / "made.json"
    book = directory / "play.yml"
    book.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "  - ansible.builtin.include_role: {name: scramjet.sth.hub, public: true}\n"
        f"    vars:\n{indent(unsafe_yaml(variables), ' ' * 6)}\n"
        f'  - ansible.builtin.copy: {{content: "{made}", dest: {written}}}\n    check_mode: false\n',
        encoding="utf-8",
    )
    run_playbook(book, {}, "--check", warned=True)
    return dict(json.loads(written.read_text(encoding="utf-8")))


def test_lists_and_mappings_of_the_role_hub_as_text(tmp_path: pathlib.Path) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / "hub" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert set(OF_THE_HUB) == {name for name, value in defaults.items() if isinstance(value, (list, dict))}
    typed = made_by_the_role_hub({name: item[0] for name, item in OF_THE_HUB.items()}, tmp_path / "typed")
    texts = made_by_the_role_hub({name: item[1] for name, item in OF_THE_HUB.items()}, tmp_path / "texts")
    assert texts == typed
    # The values have really arrived.
    assert typed["hub__hub_config"]["host"]["apiBase"] == "/api/v2"
    assert typed["hub__runner_environment"] == {"PLAIN": "word", "PORT": "80"}
    assert typed["hub__hub_config"]["instanceRequirements"] == {"freeMem": 100}
    assert typed["hub__writable"][-2:] == ["/srv/a", "/srv/b, c"]
    assert typed["hub__given.hub_front_tokens"] == ["first-token", "second.token"]
    blank = made_by_the_role_hub(dict.fromkeys(OF_THE_HUB, ""), tmp_path / "blank")
    assert blank == made_by_the_role_hub({}, tmp_path / "absent")
