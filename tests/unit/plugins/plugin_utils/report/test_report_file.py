# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of the role ``deployment``: what becomes of what the hosts of a run tell, and how it is shown."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants

from ansible_collections.scramjet.sth.plugins.action.sth_deployment import ActionModule
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction
from ansible_collections.scramjet.sth.plugins.plugin_utils.report.markdown import as_markdown
from ansible_collections.scramjet.sth.plugins.plugin_utils.report.report_file import build_report, report_path
from ansible_collections.scramjet.sth.tests.unit.plugins.plugin_utils.report.support import (
    STARTED,
    deployment,
    line,
    over,
)


def change(kind: str, name: str, what: str, reason: str, before: Any, after: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "change": what, "reason": reason, "before": before, "after": after}


def test_two_tasks_for_one_deployment_are_one_change_with_all_rows() -> None:
    secret = {"password": "VALUE (changed)"}
    update = change(
        "deployment",
        "web",
        "update",
        "app_config differs",
        {"replicas": 3, "app_config": {"password": "VALUE"}, "different": {}},
        {"replicas": 3, "app_config": secret, "different": {}, "package": "its content differs"},
    )
    replace = change("instance", "web-2", "replace", "app_config differs", {}, {})
    shrink = change(
        "deployment",
        "web",
        "update",
        "moved",
        {"replicas": 3, "app_config": {"password": "VALUE"}, "different": {}},
        {"replicas": 2, "app_config": {"password": "VALUE"}},
    )
    stop = change("instance", "web-2", "stop", "moved", {}, {})

    def report(*lines: dict[str, Any]) -> dict[str, Any]:
        return build_report([line("north", list=["web", "api"]), *lines, over("north")], False)

    api = deployment("north", "api")
    found = report(
        deployment("north", "web", update, replace), api, deployment("north", "web", shrink, stop, msg="x", code="C")
    )
    assert (found["summary"]["deployments"], found["summary"]["changed"], found["summary"]["failed"]) == (2, 1, 1)
    whole, *rows = found["rows"]
    assert [(row["name"], row["change"]) for row in rows] == [("web-2", "replace"), ("web-2", "stop")]
    assert (whole["change"], whole["reason"]) == ("update", "app_config differs; moved")
    assert whole["diff"]["before"] == update["before"]
    assert whole["diff"]["after"] == {"replicas": 2, "app_config": secret, "package": "its content differs"}
    # Often only one of the two changes anything.
    for lines in (
        (deployment("north", "web", update, replace), deployment("north", "web")),
        (deployment("north", "web"), deployment("north", "web", update, replace)),
    ):
        assert [row["change"] for row in report(api, *lines)["rows"]] == ["update", "replace"]


def test_the_same_list_twice_in_a_run_is_two_changes() -> None:
    once = [line("north", list=["web"]), deployment("north", "web", {**STARTED, "kind": "deployment"}), over("north")]
    report = build_report([*once, *once], False)
    assert (report["summary"]["deployments"], report["summary"]["changed"], len(report["rows"])) == (2, 2, 2)


def test_hosts_are_in_the_order_of_the_play() -> None:
    told = [
        line("south", list=["web"]),
        line("north", list=["web"]),
        deployment("south", "web", STARTED),
        over("south", "north", "south"),
        deployment("north", "web", STARTED),
        over("north", "north", "south"),
    ]
    report = build_report(told, False)
    assert [row["host"] for row in report["rows"]] == ["north", "south"]
    assert report["rows"][0] == {
        "host": "north",
        "hub": "http://north",
        "deployment": "web",
        "kind": "instance",
        "name": "web-0",
        "change": "start",
        "reason": "none runs",
        "diff": {"before": {}, "after": {"sequence": "app@sha256:0123"}},
    }
    assert report["summary"] == {
        "hosts": 2,
        "hosts_without_report": [],
        "deployments": 2,
        "changed": 2,
        "failed": 0,
    }


def test_hosts_without_a_result_are_named_as_missing() -> None:
    """A host that never came, a list that could not be evaluated, and a deployment that nothing is known of."""
    told = [
        over("north", "north", "south", "west"),
        line("south", list=["web", "api"]),
        deployment("south", "web"),
        over("south", "north", "south", "west"),
    ]
    report = build_report(told, True)
    assert report["summary"]["hosts_without_report"] == ["west"]
    assert [(item["host"], item["deployment"]) for item in report["failures"]] == [("north", None), ("south", "api")]
    text = as_markdown(report)
    assert "**0 of 2 deployments on 2 hubs would change.** **2 failed.**" in text
    assert "Missing in this report, because the role did not finish there: `west`." in text


def test_the_role_can_run_twice_on_a_host() -> None:
    first = [line("north", list=["web"]), deployment("north", "web", STARTED), over("north")]
    second = [line("north", list=["api"]), deployment("north", "api", msg="No.", code="TIMEOUT"), over("north")]
    report = build_report([*first, *second], False)
    assert report["summary"]["deployments"] == 2
    assert report["failures"] == [{"host": "north", "deployment": "api", "msg": "No.", "error_code": "TIMEOUT"}]
    assert "| `north` | `api` | `TIMEOUT` No. |" in as_markdown(report)


@pytest.mark.parametrize("value", ["report.json", "report", "nowhere/report.md", ".md"])
def test_a_file_that_cannot_be_written_is_refused(value: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / ".md").mkdir()
    with pytest.raises(SthError) as failure:
        report_path(value, str(tmp_path))
    assert failure.value.code == "INVALID_OPTION"


def test_an_empty_name_means_no_report(tmp_path: pathlib.Path) -> None:
    assert report_path("", str(tmp_path)) is None
    assert report_path("report.md", str(tmp_path)) == str(tmp_path / "report.md")


def test_a_deployment_that_cannot_be_noted_is_done_all_the_same(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "vanished"))
    monkeypatch.setattr(HubAction, "run", lambda *_arguments: {"changed": True})
    plugin: Any = ActionModule.__new__(ActionModule)
    plugin._task = SimpleNamespace(args={"_listed": "web"})
    plugin._report = str(tmp_path / "report.md")
    result = plugin.run(None, {"inventory_hostname": "north"})
    assert result["changed"]
    assert "The report lacks deployment web: " in result["warnings"][0]
