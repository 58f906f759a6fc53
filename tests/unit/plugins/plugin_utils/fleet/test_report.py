# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs on the hubs of a play, as rows and as a table."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.scramjet.sth.plugins.plugin_utils.fleet.report import fleet_report, table

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)
WEB: dict[str, Any] = {
    "name": "web", "ref": "shop@sha256:6b1f0c2d9e4a", "version": "1.4.2", "versions": {"shop@sha256:6b1f0c2d9e4a": 3},
    "wanted": 3, "ready": 3, "indexes": "0-2", "oldest": "2026-11-20T12:00:00.000Z", "newest": "2026-11-28T09:30:00.000Z",
}  # fmt: skip


def checked(name: str, changed: bool, **more: Any) -> dict[str, Any]:
    return {"deployment__name": name, "changed": changed, "deployment": {"replicas": 4}, **more}


def report(**hosts: dict[str, Any]) -> list[dict[str, Any]]:
    return fleet_report({"ansible_play_hosts_all": list(hosts), "hostvars": hosts})


def test_each_deployment_on_each_hub_has_a_row_with_its_drift() -> None:
    rows = report(
        north={
            "deployment__seen": {"deployments": [WEB]},
            "deployment__drift": {"results": [checked("web", True), checked("api", True)]},
        },
        south={"deployment__seen": {"deployments": [WEB]}, "deployment__drift": {"results": [checked("web", False)]}},
        west={"deployment__seen": {"error_code": "UNREACHABLE", "msg": "No connection."}},
        east={"deployment__seen": {"deployments": []}},
        away={"deployment__seen": {"unreachable": True, "msg": "No ssh."}},
    )
    assert [(row["hub"], row["deployment"], row["ready"], row["wanted"], row["drift"]) for row in rows] == [
        ("north", "api", 0, 4, True),
        ("north", "web", 3, 4, True),
        ("south", "web", 3, 4, False),
        ("west", None, None, None, None),
        ("east", None, None, None, None),
        ("away", None, None, None, None),
    ]
    assert [row["reachable"] for row in rows] == [True, True, True, False, True, False]
    assert [row["digest"] for row in rows] == [None, "sha256:6b1f0c2d9e4a", "sha256:6b1f0c2d9e4a", None, None, None]
    assert len({tuple(row) for row in rows}) == 1
    assert rows[3]["error"] == "No connection."
    assert table(rows, NOW) == [
        "HUB    DEPLOYMENT     READY  VERSION  AGE  DRIFT",
        "north  api            0/4                  yes",
        "north  web            3/4    1.4.2    2h   yes",
        "south  web            3/4    1.4.2    2h   no",
        "west   not reachable",
        "east",
        "away   not reachable",
    ]


def test_without_deployment_list_the_wanted_number_is_read_from_the_replicas_and_drift_is_unknown() -> None:
    rows = report(north={"deployment__seen": {"deployments": [{**WEB, "versions": {"a": 1, "b": 2}, "newest": None}]}})
    assert table(rows, NOW)[1] == "north  web         3/3    1.4.2 and others"
    assert rows[0]["drift"] is None
    # A package that was not deployed by this collection has no digest.
    for ref in ("shop@1.4.2", None):
        (row,) = report(north={"deployment__seen": {"deployments": [{**WEB, "ref": ref}]}})
        assert row["digest"] is None


def test_the_name_of_a_package_may_have_a_scope() -> None:
    (row,) = report(north={"deployment__seen": {"deployments": [{**WEB, "ref": "@team/shop@sha256:6b1f0c2d9e4a"}]}})
    assert row["digest"] == "sha256:6b1f0c2d9e4a"


def test_a_deployment_that_cannot_be_compared_says_why() -> None:
    failed = {"deployment__name": "web", "error_code": "NOT_FOUND", "msg": "No sequence shop."}
    rows = report(north={"deployment__seen": {"deployments": [WEB]}, "deployment__drift": {"results": [failed]}})
    assert (rows[0]["drift"], rows[0]["error"]) == (None, "No sequence shop.")
    assert table(rows, NOW)[1].endswith("not known")


def test_a_hub_that_refuses_the_request_is_shown_with_its_error() -> None:
    rows = report(north={"deployment__seen": {"error_code": "UNAUTHORIZED", "msg": "The token is wrong."}})
    assert (rows[0]["reachable"], rows[0]["error"]) == (True, "The token is wrong.")
    assert table(rows, NOW)[1] == "north  failed"
