# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages on a hub: changed, unchanged, interrupted, by two tasks at once, and with lost answers."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random
import threading
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub, Fault, from_gateway
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.sequence.support import change, deploy, verbs
from ansible_collections.scramjet.sth.tests.unit.running import HASTY, PACKAGES, four_times, run_task, when


def update_deployment(hub: FakeHub, package: pathlib.Path) -> str:
    """Deploy another version, and return its ref."""
    change(package, "next")
    result = run_task("sth_deployment", hub, name="web", src=str(package), stable_for=0, stop_timeout=0)
    return str(result["deployment"]["ref"])


def stamped(package: pathlib.Path, directory: pathlib.Path) -> pathlib.Path:
    """Return the archive that ``sth_package`` makes of ``package``."""
    archive = directory / "stamped.tar.gz"
    with archive.open("wb") as file:
        write_package(read_package(str(package)), file, reproducible=True)
    return archive


def test_upload_replace_and_remove(hub: FakeHub, package: pathlib.Path) -> None:
    first = four_times("sth_sequence", hub, src=str(package))
    assert verbs(first.real) == ["upload"]
    assert first.check["sequence"]["ref"] == first.real["sequence"]["ref"]
    assert first.check["sequence"]["id"] is None
    change(package, "v2")
    second = four_times("sth_sequence", hub, src=str(package))
    assert verbs(second.real) == ["upload", "delete"]
    assert [item["id"] for item in hub.sequences] == [second.real["sequence"]["id"]]
    assert verbs(four_times("sth_sequence", hub, name="probe", state="absent").real) == ["delete"]
    assert hub.sequences == []


def test_a_version_that_a_deployment_keeps_to_go_back_to_stays(hub: FakeHub, package: pathlib.Path) -> None:
    first = update_deployment(hub, package)
    second = update_deployment(hub, package)
    change(package, "third")
    third = four_times("sth_sequence", hub, src=str(package), in_use="keep")
    assert verbs(third.real) == ["upload"]
    for result in (third.check, third.real, third.again, third.check_again):
        assert sorted(item["ref"] for item in result["kept"]) == sorted([first, second])
    gone = four_times("sth_sequence", hub, name="probe", state="absent", in_use="keep").real
    assert [item["ref"] for item in gone["removed"]] == [third.real["sequence"]["ref"]]
    back = run_task("sth_deployment", hub, name="web", state="rolled_back", stable_for=0, stop_timeout=0.1)
    assert back["deployment"]["ref"] == first


def test_a_deployment_that_the_task_ends_keeps_no_version(hub: FakeHub, package: pathlib.Path) -> None:
    update_deployment(hub, package)
    update_deployment(hub, package)
    change(package, "third")
    result = four_times("sth_sequence", hub, src=str(package), in_use="stop", stop_timeout=0).real
    assert sorted(verbs(result)) == ["delete", "delete", "stop", "upload"]


def test_null_in_a_manifest_is_as_if_the_key_were_missing(hub: FakeHub, package: pathlib.Path) -> None:
    """The decoders of the hubs 0.18.7 and 1.0.1 say so."""
    file = package / "package.json"
    nothing = dict.fromkeys(("engines", "args", "author", "description", "keywords", "repository", "scramjet"))
    file.write_text(json.dumps({**json.loads(file.read_text()), **nothing}))
    assert verbs(four_times("sth_sequence", hub, src=str(package)).real) == ["upload"]


def test_an_unchanged_package_costs_two_requests(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    before = len(hub.requests)
    assert not deploy(hub, package)["changed"]
    assert [item.path for item in hub.requests[before:]] == ["/api/v1/version", "/api/v1/sequences"]


def test_a_package_in_use_is_kept_refused_or_removed(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)
    change(package, "v2")
    before = len(hub.writes)
    refused = deploy(hub, package)
    assert (refused["error_code"], len(hub.writes)) == ("CONFLICT", before)
    kept = four_times("sth_sequence", hub, src=str(package), in_use="keep")
    assert [item["version"] for item in kept.real["kept"]] == ["1.0.0"]
    ended = four_times("sth_sequence", hub, src=str(package), in_use="stop", stop_timeout=0.1)
    assert verbs(ended.real) == ["stop", "delete"]
    assert len(hub.sequences) == 1


def test_a_delete_waits_until_the_hub_no_longer_counts_an_ended_instance(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)
    run_task("sth_instance", hub, name="web", state="stopped", stop_timeout=0)
    result = run_task("sth_sequence", hub, name="probe", state="absent")
    assert (result["changed"], hub.sequences) == (True, [])


def test_a_lost_answer_of_an_upload_makes_no_second_copy(hub: FakeHub, package: pathlib.Path) -> None:
    hub.fault(Fault("lost", "POST", "/sequence$"))
    result = deploy(hub, package)
    assert result["changed"]
    assert [item["id"] for item in hub.sequences] == [result["sequence"]["id"]]


@pytest.mark.parametrize("kind", ["directory", "stamped"])
def test_an_upload_that_never_arrived_is_repeated(
    hub: FakeHub, package: pathlib.Path, tmp_path: pathlib.Path, kind: str
) -> None:
    if kind == "stamped":
        package = stamped(package, tmp_path)
    hub.fault(Fault("reset", "POST", "/sequence$"))
    assert deploy(hub, package, timings=dataclasses.replace(HASTY, lost_upload_settles=0.2))["changed"]
    assert len(hub.sequences) == 1
    one, other = [item.body for item in hub.requests if item.method == "POST"]
    assert one == other


def test_a_stamped_archive_is_sent_byte_for_byte(hub: FakeHub, package: pathlib.Path, tmp_path: pathlib.Path) -> None:
    archive = stamped(package, tmp_path)
    assert deploy(hub, archive)["changed"]
    assert not deploy(hub, package)["changed"]
    (upload,) = [item for item in hub.requests if item.method == "POST"]
    assert upload.body == archive.read_bytes()
    assert upload.headers["content-length"] == str(len(upload.body))


def test_an_archive_that_changes_while_it_is_sent_is_no_sequence(
    hub: FakeHub, package: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "noise.bin").write_bytes(random.Random(1).randbytes(3_000_000))
    archive = stamped(package, tmp_path)
    send = HubClient.send_sequence

    def change_first(client: HubClient, content: Any) -> Any:
        with archive.open("r+b") as file:
            file.seek(2_500_000)
            file.write(b"other")
        return send(client, content)

    monkeypatch.setattr(HubClient, "send_sequence", change_first)
    result = deploy(hub, archive)
    assert (result["error_code"], hub.sequences) == ("INVALID_PACKAGE", [])
    assert "changed while being packed" in result["msg"]


def test_with_compare_version_a_lost_answer_is_reported_and_not_repeated(hub: FakeHub, package: pathlib.Path) -> None:
    hub.fault(Fault("lost", "POST", "/sequence$"))
    result = deploy(hub, package, compare="version")
    assert result["failed"]
    assert result["changed"]
    assert "sth_sequence_info" in result["msg"]
    assert len(hub.sequences) == 1


@pytest.mark.parametrize("hub", ["1.x"], indirect=True)
def test_a_delete_succeeds_if_another_client_was_quicker(hub: FakeHub) -> None:
    sequence = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["sequence"]["id"]

    def quicker() -> None:
        with hub.state.lock:
            del hub.state.sequences[sequence]

    hub.fault(Fault("status", method="DELETE", status=500, body=b'{"error":{"code":"ENOENT"}}', then=quicker))
    result = run_task("sth_sequence", hub, name="probe", state="absent")
    assert not result.get("failed"), result
    assert not hub.sequences


def test_the_failure_says_that_the_directory_of_a_package_on_the_hub_is_gone(hub: FakeHub) -> None:
    sequence = run_task("sth_sequence", hub, src=str(PACKAGES / "probe"))["sequence"]["id"]
    hub.lose_directory(sequence)
    result = run_task("sth_sequence", hub, name="probe", state="absent")
    assert result["error_code"] == "HUB_ERROR", result
    assert "ENOENT" in result["msg"]
    assert hub.sequences


def test_a_lost_answer_of_a_delete_is_no_failure(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    hub.fault(Fault("lost", "DELETE", "/sequence/"))
    assert run_task("sth_sequence", hub, name="probe", state="absent")["changed"]
    assert hub.sequences == []


def test_a_removal_is_not_repeated_if_another_task_has_started_an_instance(hub: FakeHub, package: pathlib.Path) -> None:
    """A hub may delete the package of an instance that is starting. On 0.18, this start is then never answered."""
    deploy(hub, package)

    def start() -> None:
        run_task("sth_instance", hub, name="web", sequence="probe", wait_for="none")

    hub.fault(from_gateway(504, "DELETE", "/sequence/", then=start))
    result = run_task("sth_sequence", hub, name="probe", state="absent")
    assert result["error_code"] == "CONFLICT", result
    assert "in the meantime" in result["msg"]
    assert [item.method for item in hub.requests].count("DELETE") == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("cut", "POST", "/sequence$"), "The upload of probe@sha256:"),
        (Fault("die", "GET", "/sequence/"), "not known whether it was stored"),
    ],
    ids=["unanswered", "unverified"],
)
def test_an_upload_that_ends_the_hub_is_reported_and_counts_as_a_change(
    hub: FakeHub, package: pathlib.Path, fault: Fault, told: str
) -> None:
    hub.fault(dataclasses.replace(fault))
    result = deploy(hub, package, request_retries=0)
    assert (result["error_code"], result["changed"]) == ("UNREACHABLE", True)
    assert told in result["msg"]
    assert "not known whether it was stored" in result["msg"]
    hub.revive()
    assert not deploy(hub, package)["changed"]


@pytest.mark.parametrize(
    "fault", [Fault("cut", "DELETE", "/sequence/"), Fault("die", "GET", "/sequence/")], ids=["unanswered", "unverified"]
)
def test_a_delete_that_ends_the_hub_is_reported_and_counts_as_a_change(
    hub: FakeHub, package: pathlib.Path, fault: Fault
) -> None:
    deploy(hub, package)
    hub.fault(dataclasses.replace(fault))
    result = run_task("sth_sequence", hub, name="probe", state="absent", request_retries=0)
    assert (result["error_code"], result["changed"]) == ("UNREACHABLE", True)
    assert "not known whether it is gone" in result["msg"]
    hub.revive()
    assert not run_task("sth_sequence", hub, name="probe", state="absent")["changed"]


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_task_that_is_interrupted_after_any_write_is_completed_by_the_next_run(
    hub: FakeHub, package: pathlib.Path, after: int
) -> None:
    deploy(hub, package)
    run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)
    change(package, "v2")
    options: dict[str, Any] = {"in_use": "stop", "stop_timeout": 0, "request_retries": 0}
    hub.fault(Fault("cut", skip=after - 1, writes_only=True))
    assert deploy(hub, package, **options).get("failed")
    hub.revive()
    done = deploy(hub, package, **options)
    assert not done.get("failed"), done
    assert [item["id"] for item in hub.sequences] == [done["sequence"]["id"]]
    assert not deploy(hub, package, **options)["changed"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("reset"), "UNREACHABLE"),
        (Fault("hang"), "TIMEOUT"),
        (Fault("status", status=200, body=b"<html>Sign in</html>"), "HUB_ERROR"),
    ],
    ids=["reset", "hang", "page"],
)
def test_a_removal_that_never_arrives_fails(hub: FakeHub, package: pathlib.Path, fault: Fault, code: str) -> None:
    deploy(hub, package)
    hub.fault(dataclasses.replace(fault, method="DELETE", times=10**6))
    options: dict[str, Any] = {"name": "probe", "state": "absent", "request_timeout": 0.7}
    timings = dataclasses.replace(HASTY, busy_after_end=0.5)
    result = run_task("sth_sequence", hub, timings=timings, **options)
    assert result["error_code"] == code, result
    assert "restart" not in result["msg"]
    assert "still there" in result["msg"]
    hub.faults.clear()
    assert verbs(run_task("sth_sequence", hub, **options)) == ["delete"]


def test_two_tasks_that_upload_the_same_at_once_leave_one(hub: FakeHub, package: pathlib.Path) -> None:
    threads = [threading.Thread(target=deploy, args=(hub, package)) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hub.sequences) == 1


def test_a_large_hub_is_read_once(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    for _number in range(3):
        change(package, "more")
        deploy(hub, package, keep_old=True)
    assert len(run_task("sth_sequence_info", hub)["sequences"]) == 4
    assert run_task("sth_sequence_info", hub, sequence="probe")["sequence"] is None
    removed = four_times("sth_sequence", hub, name="probe", state="absent")
    assert len(removed.real["removed"]) == 4


def test_overload_does_not_touch_uploads(hub: FakeHub, package: pathlib.Path) -> None:
    hub.overload(5)
    assert deploy(hub, package)["changed"]


@pytest.mark.parametrize("option", ["name", "id", "version"])
def test_an_empty_text_never_means_every_package(hub: FakeHub, package: pathlib.Path, option: str) -> None:
    assert deploy(hub, package)["changed"]
    before = len(hub.writes)
    named: dict[str, Any] = {"name": "probe"} if option == "version" else {}
    result = run_task("sth_sequence", hub, state="absent", **{**named, option: " "})
    assert result["error_code"] == "INVALID_OPTION"
    assert len(hub.writes) == before


@pytest.mark.slow
def test_right_after_a_restart_no_package_of_an_unlisted_instance_is_removed(
    hub: FakeHub, package: pathlib.Path
) -> None:
    if not hub.state.is_1x:
        pytest.skip("the programs of a 0.18 hub do not come back after a restart")
    assert deploy(hub, package)["changed"]
    assert not run_task("sth_instance", hub, name="svc", sequence="probe", wait_for="none").get("failed")
    change(package, "v2")
    hub.dead = True
    when(lambda: hub.turned_away > 0, hub.restart)
    result = deploy(hub, package, in_use="fail", request_retries=4)
    assert result["error_code"] == "CONFLICT", result
    assert [item["instances"] != [] for item in hub.sequences] == [True]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "probe@current"}, "probe@current does not say which version"),
        ({"name": "probe", "version": "current"}, "probe@current does not say which version"),
        ({"name": "probe@1.0.0"}, "set name: probe and version: '1.0.0'"),
        ({"name": "@scope/probe@sha256:1234567"}, "set name: @scope/probe and version: 'sha256:1234567'"),
    ],
)
def test_a_reference_in_the_place_of_a_name_is_refused(
    hub: FakeHub, package: pathlib.Path, options: dict[str, Any], words: str
) -> None:
    run_task("sth_sequence", hub, src=str(package))
    for check in (True, False):
        result = run_task("sth_sequence", hub, check=check, state="absent", **options)
        assert (result["error_code"], result["changed"]) == ("INVALID_OPTION", False), result
        assert words in result["msg"]
    assert len(hub.sequences) == 1
    scoped = run_task("sth_sequence", hub, state="absent", name="@scope/probe")
    assert not scoped.get("failed"), scoped


def test_src_names_the_package_to_remove(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    change(package, "v2")
    gone = four_times("sth_sequence", hub, src=str(package), state="absent")
    assert verbs(gone.real) == ["delete"]
    assert hub.sequences == []


@pytest.mark.parametrize(
    ("other", "code"),
    [({"version": "9.9.9"}, "CONFLICT"), ({"name": "other"}, "CONFLICT"), ({"version": "sha256:0000000"}, "CONFLICT")],
)
def test_a_name_that_contradicts_the_id_removes_nothing(
    hub: FakeHub, package: pathlib.Path, other: dict[str, Any], code: str
) -> None:
    there = deploy(hub, package)["sequence"]
    result = run_task("sth_sequence", hub, state="absent", **{"name": "probe", "id": there["id"], **other})
    assert result["error_code"] == code
    agreeing = run_task(
        "sth_sequence", hub, state="absent", check=True, name="probe", id=there["id"], version=there["version"]
    )
    assert verbs(agreeing) == ["delete"]
    assert len(hub.sequences) == 1


@pytest.mark.parametrize("by", ["src", "id", "name"])
def test_version_removes_only_that_version(hub: FakeHub, package: pathlib.Path, by: str) -> None:
    old = deploy(hub, package)["sequence"]
    change(package, "v2")
    new = deploy(hub, package, keep_old=True)["sequence"]
    meant = {"src": str(package), "id": old["id"], "name": "probe"}[by]
    digest = f"sha256:{old['digest'][:12]}"
    gone = four_times("sth_sequence", hub, state="absent", version=digest, **{by: meant})
    assert [item["id"] for item in gone.real["removed"]] == [old["id"]]
    assert [item["id"] for item in hub.sequences] == [new["id"]]


def test_a_src_that_contradicts_name_removes_nothing(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    result = run_task("sth_sequence", hub, state="absent", src=str(PACKAGES / "consumer"), name="probe")
    assert result["error_code"] == "INVALID_PACKAGE"
    assert len(hub.sequences) == 1


@pytest.mark.parametrize("src", [None, ""])
def test_a_missing_source_is_refused(hub: FakeHub, src: str | None) -> None:
    assert run_task("sth_sequence", hub, src=src)["error_code"] == "INVALID_OPTION"


def test_a_refused_removal_does_not_suggest_keep_old(hub: FakeHub, package: pathlib.Path) -> None:
    deploy(hub, package)
    run_task("sth_instance", hub, name="web", sequence="probe", stable_for=0)
    refused = run_task("sth_sequence", hub, name="probe", state="absent")
    assert refused["error_code"] == "CONFLICT"
    assert "in_use: stop" in refused["msg"]
    assert "keep_old" not in refused["msg"]


def test_a_package_without_a_name_gets_the_one_of_the_task(hub: FakeHub, package: pathlib.Path) -> None:
    (package / "package.json").write_text('{"main": "index.js"}')
    assert deploy(hub, package)["error_code"] == "INVALID_PACKAGE"
    named = four_times("sth_sequence", hub, src=str(package), name="given")
    assert verbs(named.real) == ["upload"]
    assert [item["config"]["name"] for item in hub.sequences] == ["given"]


@pytest.mark.parametrize("module", ["sth_sequence", "sth_deployment"])
def test_a_main_that_the_hub_cannot_start_is_refused(hub: FakeHub, package: pathlib.Path, module: str) -> None:
    (package / "index.js").rename(package / "index.mjs")
    (package / "package.json").write_text('{"name": "probe", "main": "index.mjs"}')
    for check in (True, False):
        refused = run_task(module, hub, check=check, src=str(package), name="probe")
        assert refused["error_code"] == "UNSUPPORTED_BY_HUB"
        assert "index.mjs" in refused["msg"]
    assert not hub.writes
