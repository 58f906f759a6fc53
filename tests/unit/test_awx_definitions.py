# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definitions for AWX agree with the collection, and with what a controller accepts."""

from __future__ import annotations

import ast
import contextlib
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.scramjet.sth.plugins.module_utils.secrets.key_names import is_secret_key
from ansible_collections.scramjet.sth.plugins.module_utils.task import specs
from ansible_collections.scramjet.sth.plugins.modules import sth_instance
from ansible_collections.scramjet.sth.tests.awx.definitions import definitions, question
from ansible_collections.scramjet.sth.tests.awx.launching import injected
from ansible_collections.scramjet.sth.tests.awx.stand_in import refuse_injectors, refuse_survey
from ansible_collections.scramjet.sth.tests.unit.test_playbooks_page import read_by, role

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFINED = definitions()
KIND = DEFINED["controller_credential_types"][0]
TEMPLATES = {item["name"]: item for item in DEFINED["controller_templates"]}
(WORKFLOW,) = DEFINED["controller_workflows"]
every_template = pytest.mark.parametrize("template", list(TEMPLATES.values()), ids=list(TEMPLATES))
FILLED = {
    "api_url": "https://hub.example.com:8000",
    "token": "t0ken",
    "url_username": "me",
    "url_password": "pass",
    "ca_certificate": "the authority",
    "client_certificate": "the certificate",
    "client_key": "the key",
    "skip_verification": True,
}


def test_a_controller_accepts_the_credential_type() -> None:
    refuse_injectors(KIND["inputs"], KIND["injectors"])
    assert [item["id"] for item in KIND["inputs"]["fields"]] == list(FILLED)
    for item in KIND["inputs"]["fields"]:
        assert item.get("secret", False) == (item["id"] in ("token", "url_password", "client_key")), item["id"]


def test_a_credential_sets_hub_and_token_by_the_environment_alone(tmp_path: pathlib.Path) -> None:
    (tmp_path / "env").mkdir()
    environment, variables = injected(KIND, FILLED, tmp_path)
    read = {spec["fallback"][1][0] for spec in specs.HUB.values()}
    assert set(environment) <= read
    assert pathlib.Path(environment.pop("STH_CA_PATH")).read_text().strip() == "the authority"
    # One file with both.
    assert pathlib.Path(environment.pop("STH_CLIENT_CERT")).read_text().split("\n")[:2] == [
        "the certificate",
        "the key",
    ]
    assert environment == {
        "STH_API_URL": "https://hub.example.com:8000",
        "STH_TOKEN": "t0ken",
        "STH_URL_USERNAME": "me",
        "STH_URL_PASSWORD": "pass",
        "STH_VALIDATE_CERTS": "false",
    }
    assert variables == {
        "sth_credential_api_url": "https://hub.example.com:8000",
        "sth_credential_token": "t0ken",
        "sth_credential_url_username": "me",
        "sth_credential_url_password": "pass",
    }


@pytest.mark.parametrize("inputs", [{}, {**dict.fromkeys(FILLED, ""), "skip_verification": False}])
def test_blank_fields_of_a_credential_are_not_set(inputs: dict[str, Any], tmp_path: pathlib.Path) -> None:
    """A certificate is verified unless the credential says otherwise, and no blank file counts as one."""
    (tmp_path / "env").mkdir()
    environment, variables = injected(KIND, inputs, tmp_path)
    assert environment.pop("STH_VALIDATE_CERTS") == "true"
    assert set(environment.values()) | set(variables.values()) == {""}


@pytest.mark.parametrize("survey", [item["survey_spec"] for item in [*TEMPLATES.values(), WORKFLOW]], ids=str)
def test_a_controller_accepts_the_surveys(survey: dict[str, Any]) -> None:
    refuse_survey(survey)
    for item in survey["spec"]:
        # What is left blank arrives as empty text, which a controller does not take for a number.
        assert item["required"] or item["type"] in ("text", "textarea"), item["variable"]
        assert item["required"] or item["default"] == "", item["variable"]
        # Answers are shown with the job, so surveys ask for no secrets.
        assert item["type"] != "password"
        assert item["question_name"].strip() == item["question_name"] != ""
        assert item["question_description"].endswith((".", "YAML.", "JSON."))


def own_defaults(playbook: pathlib.Path) -> dict[str, Any]:
    """Return the defaults of the variables that a playbook reads itself, as far as its expressions name a value."""
    text = playbook.read_text(encoding="utf-8")
    found = re.findall(r"(sth_\w+) \| default\((.+?), true\)", text)
    # A number may be 0, which default(…, true) would replace.
    found += [(name, value) for value, name in re.findall(r"\{\{ (\S+) if (sth_\w+) \| default", text)]
    defaults: dict[str, Any] = {}
    for name, expression in found:
        with contextlib.suppress(ValueError, SyntaxError):
            value = ast.literal_eval(expression)
            # A survey has a list as text with an item on each line.
            defaults[name] = "\n".join(value) if isinstance(value, list) else value
    return defaults


@every_template
def test_a_survey_asks_for_variables_of_its_playbook_and_has_their_defaults(template: dict[str, Any]) -> None:
    playbook = ROOT / template["playbook"]
    # The playbook rollout uses the second one in tasks of the role.
    known = read_by(playbook) | {"sth_hosts", "deployment_defaults"}
    roles: dict[str, Any] = {}
    # The playbook cleanup omits this option of sth_instance if it is not set.
    defaults = {
        "sth_cleanup_stop_timeout": int(sth_instance.TASK.options["stop_timeout"]["default"]),
        **own_defaults(playbook),
    }
    for name in ("run_job", "deployment"):
        options, values = role(name)
        roles.update(options)
        defaults.update(values)
    for item in template["survey_spec"]["spec"]:
        variable = item["variable"]
        assert variable in known
        if item["type"] == "multiplechoice" and "choices" in roles.get(variable, {}):
            assert [*item["choices"], ""] == roles[variable]["choices"]
        if item.get("default", "") != "":
            assert str(item["default"]).lower() == str(defaults[variable]).lower(), variable
    assert set(template.get("extra_vars", {})) <= known


def test_the_survey_of_the_workflow_has_the_questions_of_its_jobs() -> None:
    used = [TEMPLATES[node["unified_job_template"]["name"]]["survey_spec"] for node in WORKFLOW["workflow_nodes"]]
    for item in WORKFLOW["survey_spec"]["spec"]:
        of_jobs = [question(spec, item["variable"]) for spec in used if item["variable"] in str(spec)]
        assert any((found["type"], found["required"]) == (item["type"], item["required"]) for found in of_jobs)
    needed = {item["variable"] for spec in used for item in spec["spec"] if item["required"] and "default" not in item}
    assert needed <= {item["variable"] for item in WORKFLOW["survey_spec"]["spec"]}


def test_the_playbook_imports_every_field_of_the_definitions() -> None:
    tasks = yaml.safe_load((ROOT / "playbooks" / "tasks" / "awx_import.yml").read_text(encoding="utf-8"))
    imported = {}
    for task in [*tasks, *(inner for item in tasks for inner in item.get("block", ()))]:
        (module,) = [name for name in task if name.startswith("awx.awx.")] or [""]
        if module:
            imported[re.findall(r"\w+", task["loop"])[0]] = set(task[module])
    assert set(imported) == set(DEFINED)
    for variable, options in imported.items():
        assert {option for item in DEFINED[variable] for option in item} == options, variable


def test_no_secret_is_imported() -> None:
    """Where the name of a key says that its value is secret, there is only a template that a controller fills in."""

    def secrets(value: Any, key: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for name, item in value.items():
                yield from secrets(item, name)
        elif isinstance(value, list):
            for item in value:
                yield from secrets(item, key)
        elif isinstance(value, str) and is_secret_key(key):
            yield value

    found = list(secrets(DEFINED))
    assert found
    assert [value for value in found if not re.fullmatch(r"\{\{ \w+ \}\}", value)] == []
    assert "controller_credentials" not in DEFINED
