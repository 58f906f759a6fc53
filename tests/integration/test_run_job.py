# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role ``run_job`` if the hub fails at a certain moment, and results that only the hub or the output shows."""

from __future__ import annotations

import io
import json
import pathlib
import shutil
import tarfile
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub, Fault
from ansible_collections.scramjet.sth.tests.integration.playbooks import EVERYTHING, ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError
from ansible_collections.scramjet.sth.tests.unit.running import when_asked

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
COMPLETE = {"behaviour": "complete", "seconds": 0.1}


def run_job(hub: FakeHub, directory: pathlib.Path, app_config: Mapping[str, Any], **variables: Any) -> str:
    """Run the role, write ``run_job_result.msg`` to the output, also after a failure, and return the output."""
    told = {"ansible.builtin.debug": {"msg": "The result says: {{ run_job_result.msg }}"}}
    role = {"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}
    book = play(directory / "job.yml", {"tasks": [{"block": [role], "always": [told]}]})
    given = {"sth_api_url": hub.api_url, "run_job_src": PROBE, "run_job_app_config": dict(app_config), **variables}
    # A playbook with a variable of Ansible starts later.
    shown = {"ANSIBLE_SHOW_CUSTOM_STATS": "1"} if variables.get("run_job_set_stats") else {}
    return run_playbook(book, given, environment=shown)


def test_each_stream_is_shown_once(tmp_path: pathlib.Path) -> None:
    config = {
        **COMPLETE,
        "stdout": "from stdout",
        "stderr": "from stderr",
        "log": "from the log",
        "result": "from output",
    }
    # Text that is in a stream, but not in the configuration, which is shown too.
    streams = [r"from stdout\n", r"from stderr\n", r"from output\"}\n", r"\"from the log\""]
    # In a file, because -v shows the command line.
    variables = tmp_path / "variables.json"
    given = {"run_job_src": PROBE, "run_job_app_config": config, "run_job_set_stats": True}
    variables.write_text(json.dumps(given), encoding="utf-8")
    role = {"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}
    of_role = play(tmp_path / "job.yml", {"tasks": [role]})
    with FakeHub(generation="1.x", timings=FAST) as hub:
        for book, options, expected in (
            (of_role, ["-v"], [1, 1, 1, 1]),
            ("scramjet.sth.run_job", [], [1, 1, 1, 0]),
            ("scramjet.sth.run_job", ["-v"], [1, 1, 1, 1]),
        ):
            shown = run_playbook(book, {"sth_api_url": hub.api_url}, *options, "-e", f"@{variables}")
            assert [shown.count(text) for text in streams] == expected, shown


def refuse_removals(hub: FakeHub) -> None:
    """Let the hub refuse each removal of a package."""
    hub.fault(Fault("status", method="DELETE", path="/sequence", times=1000, body=b"the disk is on fire"))


def test_a_run_that_succeeds_fails_if_only_cleaning_up_fails(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        refuse_removals(hub)
        with pytest.raises(CommandFailedError, match="The job probe-job completed. Cleaning up failed: ") as failure:
            run_job(hub, tmp_path, COMPLETE)
        assert "The result says: Cleaning up failed: " in str(failure.value)
        assert "disk is on fire" in str(failure.value)


def test_a_failed_run_is_reported_although_cleaning_up_fails_too(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        refuse_removals(hub)
        with pytest.raises(CommandFailedError, match='"error_code": "ENDED_EARLY"') as failure:
            run_job(hub, tmp_path, {"behaviour": "throw_later", "message": "what went wrong"})
        output = str(failure.value)
        told = output.partition("The result says: ")[2].splitlines()[0]
        assert "what went wrong" in told or "without completing" in told
        assert "Cleaning up failed: " in told
        assert "The job probe-job completed" not in output


def test_check_mode_predicts_the_removal_of_the_package(tmp_path: pathlib.Path) -> None:
    role = {"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}
    again = {"scramjet.sth.sth_sequence": {"src": PROBE}, "register": "again"}
    told = {"ansible.builtin.debug": {"msg": "The package is uploaded again: {{ again.changed }}."}}
    book = play(tmp_path / "job.yml", {"tasks": [role, again, told]})
    with FakeHub(generation="1.x", timings=FAST) as hub:
        given = {"sth_api_url": hub.api_url, "run_job_src": PROBE, "run_job_app_config": COMPLETE}
        # At first the job uploads the package and removes it. Then the package is there, and stays.
        for is_uploaded in (True, False):
            for options in (["--check"], []):
                before = len(hub.writes)
                output = run_playbook(book, given, *options)
                assert f"The package is uploaded again: {is_uploaded}." in output
                assert (len(hub.writes) == before) == bool(options)


@pytest.mark.parametrize("tells", [True, *([False] if EVERYTHING else [])])
def test_a_program_that_blocks_is_ended_whatever_it_takes(tmp_path: pathlib.Path, tells: bool) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        if not tells:
            # So nobody knows that it blocks, and after a stop the hub cannot kill it.
            hub.fault(Fault("status", "GET", "/audit$", status=403, times=10))
        limits = {"run_job_run_timeout": 1, "run_job_stop_timeout": 0.1}
        with pytest.raises(CommandFailedError, match='"error_code": "TIMEOUT"') as failure:
            run_job(hub, tmp_path, {"behaviour": "hang", "seconds": 0}, **limits)
        told = str(failure.value).partition("The result says: ")[2].splitlines()[0]
        assert (hub.runners, len(hub.sequences)) == (0, 0), told
        assert "Cleaning up failed" not in told
        forced = sum("x-seq-kill-inst" in item.headers for item in hub.requests)
        if tells:
            assert "did not answer any more, so it was then killed" in told
            assert forced == 0
        else:
            assert "The instance was then ended by force, together with the package." in told
            assert forced == 1


@pytest.mark.skipif(not EVERYTHING, reason="waits for more than a minute; make matrix runs it")
def test_a_package_of_a_blocked_program_is_not_removed_while_another_instance_runs_from_it(
    tmp_path: pathlib.Path,
) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        hub.fault(Fault("status", "GET", "/audit$", status=403, times=10))

        def start_another() -> None:
            (package,) = hub.state.sequences.values()
            hub.state.start(package, {"appConfig": {"behaviour": "run"}})

        when_asked(hub, "/_stop", start_another)
        limits = {"run_job_run_timeout": 1, "run_job_stop_timeout": 0.1}
        with pytest.raises(CommandFailedError, match='"error_code": "TIMEOUT"') as failure:
            run_job(hub, tmp_path, {"behaviour": "hang", "seconds": 0}, **limits)
        assert (hub.runners, len(hub.sequences)) == (2, 1), str(failure.value)
        assert "Cleaning up failed: " in str(failure.value)


@pytest.mark.parametrize("patience", [0, 60])
def test_an_overloaded_hub(tmp_path: pathlib.Path, patience: int) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        hub.overload(1)
        if patience:
            run_job(hub, tmp_path, COMPLETE, run_job_overload_timeout=patience)
        else:
            with pytest.raises(CommandFailedError, match='"error_code": "INSUFFICIENT_RESOURCES"'):
                run_job(hub, tmp_path, COMPLETE, run_job_overload_timeout=patience)
        assert not hub.sequences


@pytest.mark.parametrize("mask", [None, False])
def test_certain_secrets_in_the_output_are_masked_unless_mask_output_is_false(
    tmp_path: pathlib.Path, mask: bool | None
) -> None:
    config = {**COMPLETE, "apiKey": "s3cretkey", "password": "test", "stdout": "test_servers: s3cretkey"}
    given = {} if mask is None else {"run_job_mask_output": mask}
    with FakeHub(generation="1.x", timings=FAST) as hub:
        output = run_job(hub, tmp_path, config, run_job_set_stats=True, run_job_set_stats_streams=True, **given)
        stats = output.partition("CUSTOM STATS")[2]
        # From 2.19 on, ansible-core escapes the values of stats.
        said = stats.replace("\\", "")
        assert f"test_servers: {'********' if mask is None else 's3cretkey'}" in said
        assert f'"masked": {"true" if mask is None else "false"}' in said
        # Neither the log nor the output of the tasks shows it.
        assert said.count("s3cretkey") == (0 if mask is None else 1)


def test_input_reaches_its_stream_and_the_result_is_published(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        output = run_job(
            hub,
            tmp_path,
            COMPLETE,
            run_job_input="for stdin",
            run_job_input_stream="stdin",
            run_job_set_stats=True,
            # The published result of an earlier node of a workflow, which is an extra variable here.
            run_job_published={"outcome": "of another job"},
        )
        fed = {
            item.path.rpartition("/")[2]: item.body for item in hub.requests if item.path.endswith(("/stdin", "/input"))
        }
        assert fed == {"stdin": b"for stdin"}
        stats = output.partition("CUSTOM STATS")[2]
        assert "run_job_published" in stats
        assert "completed" in stats
        assert "of another job" not in output
        # Without the streams, because a controller drops a result that is too large.
        assert "stdout" not in stats


@pytest.mark.parametrize("keys", ["deep.pin\nother", "deep.pin, other", '["deep.pin", "other"]', "- deep.pin\n- other"])
def test_secret_keys_given_as_text_are_masked(keys: str, tmp_path: pathlib.Path) -> None:
    config = {**COMPLETE, "deep": {"pin": "canary-1"}, "other": "canary-2", "shown": "plain"}
    told = {"ansible.builtin.debug": {"var": "run_job_result.instance.app_config"}}
    role = {"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}
    variables = tmp_path / "variables.json"
    given = {"run_job_src": PROBE, "run_job_app_config": config, "run_job_secret_keys": keys}
    variables.write_text(json.dumps(given), encoding="utf-8")
    with FakeHub(generation="1.x", timings=FAST) as hub:
        book = play(tmp_path / "job.yml", {"tasks": [role, told]})
        output = run_playbook(book, {"sth_api_url": hub.api_url}, "-vvv", "--diff", "-e", f"@{variables}")
    assert "plain" in output
    assert "canary" not in output


def test_lists_as_text(tmp_path: pathlib.Path) -> None:
    package = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    (package / "left.out").write_text("x")
    (package / "too.far").write_text("x")
    with FakeHub(generation="1.x", timings=FAST) as hub:
        run_job(
            hub,
            tmp_path,
            COMPLETE,
            run_job_src=str(package),
            run_job_exclude="*.out\n*.far",
            run_job_args='["one, two", "three"]',
            run_job_input_lines="first\nsecond\n",
            run_job_collect="output\nlog",
        )
        uploaded = next(item for item in hub.requests if item.method == "POST" and item.path.endswith("/sequence"))
        with tarfile.open(fileobj=io.BytesIO(uploaded.body)) as archive:
            names = {name.rpartition("/")[2] for name in archive.getnames()}
        assert "package.json" in names
        assert not names & {"left.out", "too.far"}
        started = next(json.loads(item.body) for item in hub.requests if item.path.endswith("/start"))
        assert started["args"] == ["one, two", "three"]
        fed = next(item.body for item in hub.requests if item.path.endswith("/input"))
        assert fed == b'"first"\n"second"\n'
        assert not any(item.path.endswith("/stdout") for item in hub.requests)


@pytest.mark.parametrize("name", ["run_job_arg", "run_job_outputs_dest", "run_jobs_app_config"])
def test_a_misspelt_variable_is_refused(name: str, tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        with pytest.raises(CommandFailedError, match=rf"The role run_job has no variable {name} \(run_job_"):
            run_job(hub, tmp_path, COMPLETE, **{name: "x"})
        assert not hub.requests


def test_a_run_that_takes_too_long_is_stopped_and_the_message_says_so(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        with pytest.raises(CommandFailedError, match='"error_code": "TIMEOUT"') as failure:
            run_job(hub, tmp_path, {"behaviour": "run"}, run_job_run_timeout=1, run_job_stop_timeout=0)
        told = str(failure.value).partition("The result says: ")[2].splitlines()[0]
        assert "it was then stopped." in told
        assert "keeps running" not in str(failure.value)
        assert not hub.sequences


def test_the_message_says_that_binary_output_is_base64(tmp_path: pathlib.Path) -> None:
    source = tmp_path / "binary"
    source.write_bytes(b"\xff\xfe\x00")
    with FakeHub(generation="1.x", timings=FAST) as hub:
        told = {"ansible.builtin.debug": {"msg": "{{ run_job_result.encoding }} {{ run_job_result.output }}"}}
        role = {"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}
        given = {"run_job_src": PROBE, "run_job_app_config": {"behaviour": "copy"}, "run_job_input_src": str(source)}
        book = play(tmp_path / "job.yml", {"tasks": [role, told]})
        assert "base64 //4A" in run_playbook(book, {"sth_api_url": hub.api_url, **given})


def test_removing_can_be_left_to_the_next_run(tmp_path: pathlib.Path) -> None:
    package = pathlib.Path(shutil.copytree(PROBE, tmp_path / "probe"))
    uploads = []
    with FakeHub(generation="1.x", timings=FAST) as hub:
        for change in ("", "", "x"):
            (package / "changed").write_text(change)
            run_job(hub, tmp_path, COMPLETE, run_job_src=str(package), run_job_remove_sequence="next_run")
            (left,) = hub.sequences
            uploads.append(left["id"])
    assert uploads[0] == uploads[1] != uploads[2]
