# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``deployment``: its time does not grow faster than its list, and it shows no secret of the list."""

from __future__ import annotations

import json
import pathlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.entrances import through_entrances
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
ROLE: dict[str, Any] = {"ansible.builtin.include_role": {"name": "scramjet.sth.deployment"}}
QUICK = {"stable_for": 0, "stop_timeout": 0}
SHOWN: dict[str, Any] = {"ansible.builtin.debug": {"msg": "The result is {{ deployment_result | to_json }}"}}
CANARY = f"canary{uuid.uuid4().hex[:12]}"


def deploy(
    hub: FakeHub,
    directory: pathlib.Path,
    elements: Any,
    *options: str,
    entrance: str = "auto",
    environment: Mapping[str, str] | None = None,
    keywords: Mapping[str, Any] | None = None,
    **variables: Any,
) -> str:
    """Run the role, write its result to the output, also after a failure, and return the output."""
    book = play(directory / "role.yml", {"tasks": [{"block": [ROLE], "always": [SHOWN]}], **(keywords or {})})
    given = {"sth_api_url": hub.api_url, "sth_entrance": entrance, "deployment_list": elements, **variables}
    # In a file, because Ansible may show the command line, which would contain the secrets.
    path = directory / "variables.json"
    path.write_text(json.dumps({"deployment_defaults": QUICK, **given}), encoding="utf-8")
    return run_playbook(book, {}, *options, "-e", f"@{path}", environment=environment)


def refused(*arguments: Any, **variables: Any) -> str:
    """Run the role, which must fail, and return its output."""
    with pytest.raises(CommandFailedError) as failure:
        deploy(*arguments, **variables)
    return str(failure.value)


def result_in(output: str) -> list[dict[str, Any]]:
    """Return the result that was written."""
    line = next(line for line in output.splitlines() if "The result is " in line)
    text = json.loads("{" + line.strip().rstrip(",") + "}")["msg"].removeprefix("The result is ")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def element(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "src": PROBE, "app_config": {"behaviour": "run"}, **options}


def paths(requests: Iterable[Any]) -> list[str]:
    return [f"{request.method} {request.path}" for request in requests]


def test_each_element_is_evaluated_equally_often_however_many_there_are(tmp_path: pathlib.Path) -> None:
    evaluated = {}
    for count in (2, 6):
        counted = tmp_path / f"counted-{count}"
        noted = f"{{{{ lookup('ansible.builtin.pipe', 'echo x >> {counted}; echo run') }}}}"
        elements = [element(f"d{number}", app_config={"behaviour": noted}) for number in range(count)]
        with FakeHub(generation="1.x") as hub:
            deploy(hub, tmp_path, elements)
            evaluated[count] = len(counted.read_text().split()) / count
            assert len(hub.instances) == count
    # Once by ansible-core, which checks the type of the list, once by the task that checks the list, and once by the task that acts.
    assert evaluated[2] == evaluated[6] <= 3


@through_entrances
def test_the_role_makes_the_same_requests_as_a_loop(entrance: str, tmp_path: pathlib.Path) -> None:
    elements = [element("web", replicas=2), element("api")]
    options = {key: f"{{{{ item.{key} }}}}" for key in ("name", "src", "app_config")}
    loop = {
        "scramjet.sth.sth_deployment": {**QUICK, **options, "replicas": "{{ item.replicas | default(omit) }}"},
        "loop": elements,
    }
    with FakeHub(generation="1.x") as hub:
        deploy(hub, tmp_path, elements, entrance=entrance)
        begin = len(hub.requests)
        assert not any(item["changed"] for item in result_in(deploy(hub, tmp_path, elements, entrance=entrance)))
        by_role = paths(hub.requests[begin:])
        begin = len(hub.requests)
        run_playbook(
            play(tmp_path / "loop.yml", {"tasks": [loop]}), {"sth_api_url": hub.api_url, "sth_entrance": entrance}
        )
        assert by_role == paths(hub.requests[begin:])


def test_module_defaults_apply_to_the_role(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x") as hub:
        keywords = {"module_defaults": {"scramjet.sth.sth_deployment": {"replicas": 3}}}
        deploy(hub, tmp_path, [element("web"), element("api", replicas=1)], keywords=keywords)
        assert len(hub.instances) == 4


@pytest.mark.parametrize("options", [[], ["--check"]])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"replicas": "many"}, "Deployment second: "),
        ({"state": "running"}, "Deployment second: value of state must be one of"),
        ({"sequence": "probe"}, "Deployment second: src and sequence are both set, and sequence probe has no digest"),
        ({"max_surge": 0}, "Deployment second: max_surge and max_unavailable are both 0"),
        ({"src": "", "sequence": None}, "src of the deployment second is empty"),
        ({"wait_for": "event"}, "Deployment second: "),
        ({"replica": 1}, "replica (replicas?)"),
        ({"name": "first"}, "first is used twice"),
    ],
)
def test_every_element_is_checked_before_anything_is_asked(
    options: list[str], wrong: dict[str, Any], says: str, tmp_path: pathlib.Path
) -> None:
    with FakeHub(generation="1.x") as hub:
        output = refused(hub, tmp_path, [element("first"), {**element("second"), **wrong}], *options)
        assert says in output
        assert '"error_code": "INVALID_OPTION"' in output
        assert result_in(output) == []
        assert not hub.requests


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_package_without_its_digest_is_refused_before_the_deployments_before_it_are_written(
    options: list[str], tmp_path: pathlib.Path
) -> None:
    with FakeHub(generation="1.x") as hub:
        for wrong in {"digest": "sha256:0123456"}, {"sequence": "probe@sha256:0123456"}:
            output = refused(hub, tmp_path, [element("first"), {**element("second"), **wrong}], *options)
            assert "Deployment second: The package in " in output
            assert '"error_code": "INVALID_PACKAGE"' in output
            assert not hub.requests


@through_entrances
def test_a_failure_names_its_element_and_the_others_are_not_changed(entrance: str, tmp_path: pathlib.Path) -> None:
    broken = element("broken", app_config={"behaviour": "throw_at_start"}, stable_for=2)
    with FakeHub(generation="1.x") as hub:
        output = refused(hub, tmp_path, [broken, element("web")], entrance=entrance)
        assert "failed: [localhost] (item=broken)" in output
        assert "changed: [localhost] => (item=web)" in output
        first, second = result_in(output)
        assert (first["name"], first["failed"], first["error_code"]) == ("broken", True, "START_FAILED")
        assert first["msg"]
        assert second["name"] == "web"
        assert second["changed"]
        assert second["deployment"]["ready"] == 1
        assert second["instances"][0]["was"] == "started"
        assert second["actions"][-1]["done"]
        assert not second.get("failed")


# The form of a list and the entrance of a task are independent. So not all combinations run here; `make matrix` runs all.
@pytest.mark.parametrize(
    ("entrance", "as_text"),
    [("in_process", True), ("module", False), *([("in_process", False), ("module", True)] if EVERYTHING else [])],
)
def test_nothing_secret_of_a_list_is_shown(entrance: str, as_text: bool, tmp_path: pathlib.Path) -> None:
    secret = {
        "app_config": {
            "behaviour": "run",
            "password": f"{CANARY}-password",
            "deep": {"pin": f"{CANARY}-pin", "puk": f"{CANARY}-puk"},
        },
        "args": [f"--token={CANARY}-token", "visible"],
        "secret_keys": ["deep.pin", "deep.puk"],
    }
    if as_text:
        secret = {
            "app_config": json.dumps(secret["app_config"]),
            "args": "\n".join(secret["args"]),
            "secret_keys": "deep.pin\ndeep.puk",
        }
    broken = {"app_config": {"behaviour": "throw_at_start", "password": f"{CANARY}-broken"}, "stable_for": 2}
    wrong = {"app_config": f"password: '{CANARY}-unread"}
    log = tmp_path / "ansible.log"
    with FakeHub(generation="1.x") as hub:

        def say(*elements: dict[str, Any], fails: bool = False, options: Iterable[str] = ()) -> str:
            given: Any = json.dumps(elements) if as_text else elements
            return (refused if fails else deploy)(
                hub, tmp_path, given, "-vvv", "--diff", *options,
                entrance=entrance, environment={"ANSIBLE_LOG_PATH": str(log)},
            )  # fmt: skip

        outputs = [
            say(element("web", **secret), element("api", **secret), options=["--check"]),
            say(element("web", **secret), element("api", **secret)),
            say(element("web", **secret), element("broken", **broken), fails=True),
            say(element("web", **secret), element("wrong", **wrong), fails=True),
            say(element("web", **secret), element("wrong", **{**secret, "replicas": "many"}), fails=True),
            say({**element("web", **secret), "src": "not there"}, fails=True),
        ]
        assert '"args": ["--token=********", "visible"]' in outputs[1].replace('\\"', '"')
    for output in (*outputs, log.read_text()):
        assert CANARY not in output


def test_each_action_is_shown_while_it_happens(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x") as hub:
        output = deploy(hub, tmp_path, [element("web"), element("api")], "-v")
    told = [line for line in output.splitlines() if "start instance" in line and '"' not in line]
    assert [name for line in told for name in ("web-0", "api-0") if name in line] == ["web-0", "api-0"]
    assert output.index("(item=web)") < output.index(told[1])
