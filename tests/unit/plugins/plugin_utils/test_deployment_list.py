# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the variables of the role ``deployment`` are read and checked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.modules.sth_deployment import TASK
from ansible_collections.scramjet.sth.plugins.plugin_utils.deployment_list import (
    NOT_EMPTY,
    Listing,
    refuse_misspelt,
    require_boolean,
    wanted_deployments,
)


def wanted(elements: Any, defaults: Any = None, considered: Any = None, **imposed: Any) -> dict[str, dict[str, Any]]:
    return wanted_deployments(Listing(elements, defaults, considered, imposed), TASK.options)


def refusal(elements: Any, defaults: Any = None) -> str:
    with pytest.raises(SthError) as refused:
        wanted(elements, defaults)
    assert refused.value.code == "INVALID_OPTION"
    return refused.value.message


def test_an_option_of_an_element_replaces_the_default_as_a_whole() -> None:
    found = wanted([{"name": "web", "app_config": {"a": 1}}, {"name": "api"}], {"app_config": {"b": 2}, "replicas": 3})
    assert found == {
        "web": {"name": "web", "app_config": {"a": 1}, "replicas": 3},
        "api": {"name": "api", "app_config": {"b": 2}, "replicas": 3},
    }


def test_blank_options_count_as_not_set_except_references() -> None:
    assert wanted([{"name": "web", "canary": "", "build": None, "replicas": 0, "sequence": ""}]) == {
        "web": {"name": "web", "replicas": 0, "sequence": ""}
    }


@pytest.mark.parametrize("blank", ["", None])
def test_of_src_and_sequence_one_may_be_left_blank(blank: str | None) -> None:
    assert wanted([{"name": "web", "src": blank, "sequence": "probe"}])["web"] == {"name": "web", "sequence": "probe"}
    assert wanted([{"name": "web", "src": "x", "sequence": blank, "digest": blank}])["web"] == {
        "name": "web",
        "src": "x",
        "digest": blank,
    }
    for element in ({"src": blank}, {"src": blank, "sequence": blank}, {"src": blank, "state": blank}):
        assert "src of the deployment web is empty" in refusal([{"name": "web", **element}])
        assert "src of the deployment web is empty" in refusal([{"name": "web"}], element)
    assert wanted([{"name": "web", "src": blank, "state": "absent"}])["web"] == {"name": "web", "state": "absent"}
    assert wanted([{"name": "web", "src": blank}], None, ["name", "replicas"])["web"] == {"name": "web"}


def test_texts_of_lists_and_mappings() -> None:
    texts = {
        "name": "web",
        "app_config": "a: 1\npassword: x",
        "args": "one, two\n\nthree",
        "secret_keys": "a.b\nc, d",
        "exclude": '["*.log", "x,y"]',
        "overrides": '[{"app_config": {"own": 1}}]',
        "limits": '{"memory": 512}',
        "ready_event": "[text]",
    }
    assert wanted([texts])["web"] == {
        "name": "web",
        "app_config": {"a": 1, "password": "x"},
        "args": ["one, two", "three"],
        "secret_keys": ["a.b", "c", "d"],
        "exclude": ["*.log", "x,y"],
        "overrides": [{"app_config": {"own": 1}}],
        "limits": {"memory": 512},
        "ready_event": "[text]",
    }


# An option of each type, and the text that a survey gives for it. Those whose type says too little are named.
TEXTS: dict[Any, tuple[Any, str]] = {
    "str": ("one: two", "one: two"),
    "path": ("packages/web", "packages/web"),
    "int": (3, "3"),
    "float": (1.5, "1.5"),
    "bool": (True, "yes"),
    "dict": ({"a": {"b": [1, None]}}, "a:\n  b: [1, null]\n"),
    ("list", "str"): (["one", "two words"], "one\r\ntwo words\n\n"),
    ("list", "int"): ([0, 3], "0\n3\n"),
    ("list", "raw"): (["one", "two, words"], "one\ntwo, words\n"),
    "overrides": ([{"app_config": {"own": 1}, "args": None}], '- app_config: {"own": 1}'),
    "take_over": ({"instances": ["web", "api"], "sequence": None}, "instances: [web, api]"),
}


@pytest.mark.parametrize("option", [name for name in TASK.options if not name.startswith("_") and name != "name"])
def test_each_option_as_text(option: str) -> None:
    """An element, or the defaults, may be put together from the answers to a survey, which are texts."""
    spec = TASK.options[option]
    kind = (spec["type"], spec["elements"]) if "elements" in spec else spec["type"]
    typed, text = TEXTS[option] if option in TEXTS else TEXTS[kind]
    if "choices" in spec:
        typed = text = spec["choices"][-1]
    for given in (typed, text):
        validated = ArgumentSpecValidator(TASK.options).validate(wanted([{"name": "web"}], {option: given})["web"])
        assert not validated.error_messages
        assert validated.validated_parameters[option] == typed
    # What was left blank, but for what must not get lost.
    if option == "src":
        return
    assert wanted([{"name": "web", option: ""}])["web"] == {
        "name": "web",
        **({option: ""} if option in NOT_EMPTY else {}),
    }


def test_the_list_itself_as_text() -> None:
    assert wanted("- name: web\n- name: api", "replicas: 2") == {
        "web": {"name": "web", "replicas": 2},
        "api": {"name": "api", "replicas": 2},
    }


@pytest.mark.parametrize("names", ["web\n api \n\n", "web\r\napi", ["web", "api"], "- web\n- api", '["web", "api"]'])
def test_a_list_of_names_only(names: Any) -> None:
    """What a survey asks for, where nothing else needs to be said of a deployment."""
    assert wanted(names, "replicas: 2") == {
        "web": {"name": "web", "replicas": 2},
        "api": {"name": "api", "replicas": 2},
    }


def test_a_playbook_can_select_and_override_options() -> None:
    found = wanted(
        [{"name": "web", "src": "x", "replicas": 2, "state": "absent"}], None, ["name", "state"], state="present"
    )
    assert found == {"web": {"name": "web", "state": "present"}}


@pytest.mark.parametrize("elements", [[], "", "[]", None])
def test_a_list_without_elements_is_refused(elements: Any) -> None:
    assert "deployment_list is empty or not set" in refusal(elements)


@pytest.mark.parametrize(
    ("elements", "defaults"),
    [
        ("[canary", None),
        ([{"name": "web"}, "canary"], None),
        ({"name": "canary"}, None),
        # YAML with a mistake in it, each line of which could be taken for a name.
        ("name: canary\nreplicas: 2", None),
        ("- name: web\n replicas: canary", None),
        ("web\n- canary", None),
        ("web, canary", None),
        ('"web"\ncanary', None),
        ([{"name": "web"}], "[canary"),
    ],
)
def test_a_list_of_another_form_is_refused_and_not_shown(elements: Any, defaults: Any) -> None:
    message = refusal(elements, defaults)
    assert "must be a list of mappings" in message
    assert "canary" not in message


@pytest.mark.parametrize("option", ["app_config", "limits", "start_options", "overrides"])
def test_text_of_another_form_is_refused_and_not_shown(option: str) -> None:
    message = refusal([{"name": "web", option: "password: 'canary"}])
    assert f"{option} of the deployment web" in message
    assert "canary" not in message


def test_names() -> None:
    assert "element 2 has none" in refusal([{"name": "web"}, {"replicas": 1}])
    assert "web is used twice" in refusal([{"name": "web"}, {"name": "web"}])


def test_unknown_options() -> None:
    assert "api_url, replica (replicas?)." in refusal([{"name": "web", "api_url": "x", "replica": 1}])
    assert "_package" in refusal([{"name": "web", "_package": {}}])


def test_misspelt_variables() -> None:
    refuse_misspelt(
        ["deployment_list", "deployment_result", "deployment__results", "deployment_environment", "deploy_list"]
    )
    with pytest.raises(SthError, match=r"depoyment_defaults \(deployment_defaults\?\)"):
        refuse_misspelt(["depoyment_defaults", "deployment_list"])
    with pytest.raises(SthError, match=r"no variable deployments_list \(deployment_list\?\)"):
        refuse_misspelt(["deployments_list", "deployment_defaults"])


def test_booleans() -> None:
    for value in ("", None, True, "yes", "0", 1):
        require_boolean("deployment_fail_on_drift", value)
    with pytest.raises(SthError, match="deployment_fail_on_drift must be a boolean"):
        require_boolean("deployment_fail_on_drift", "maybe")
