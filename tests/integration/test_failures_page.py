# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The `rescue` of docs/failures.md gets the code of a failure from a task of a role, and from the role itself."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PAGE = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
(EXAMPLE,) = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "rescue:" in block]
NOBODY = "http://127.0.0.1:9/api/v1"


@pytest.mark.parametrize(
    ("code", "variables"),
    [
        ("UNREACHABLE", {"sth_api_url": NOBODY, "sth_request_retries": 0}),
        # Its task looks for the sequence.
        ("NOT_FOUND", {}),
        # The role itself refuses the variable.
        ("INVALID_OPTION", {"run_job_arg": []}),
    ],
)
def test_the_rescue_of_the_page_gets_the_code(tmp_path: pathlib.Path, code: str, variables: dict[str, object]) -> None:
    with FakeHub("1.x") as hub:
        for accepted in (code, "OTHER"):
            tasks = yaml.safe_load(EXAMPLE.replace("UNREACHABLE", accepted))
            book = play(tmp_path / "play.yml", {"tasks": tasks})
            given = {"sth_api_url": hub.api_url, **variables}
            if accepted == code:
                assert "rescued=1" in run_playbook(book, given)
            else:
                with pytest.raises(CommandFailedError, match="Fail for any other reason"):
                    run_playbook(book, given)


def test_the_role_deployment_gives_each_failure_its_code(tmp_path: pathlib.Path) -> None:
    element = {"sequence": "missing@current", "replicas": 1}
    told = [
        "ansible_failed_result.results | map(attribute='error_code') == codes",
        "deployment_result | map(attribute='error_code') == codes",
        "deployment_result | map(attribute='name') == ['one', 'two']",
    ]
    role = {
        "ansible.builtin.include_role": {"name": "scramjet.sth.deployment"},
        "vars": {"deployment_list": [{**element, "name": "one"}, {**element, "name": "two"}]},
    }
    check = {"ansible.builtin.assert": {"that": told}, "vars": {"codes": ["NOT_FOUND", "NOT_FOUND"]}}
    with FakeHub("1.x") as hub:
        book = play(tmp_path / "play.yml", {"tasks": [{"block": [role], "rescue": [check]}]})
        assert "rescued=1" in run_playbook(book, {"sth_api_url": hub.api_url})
