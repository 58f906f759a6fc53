# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role ``run_job`` where the hub fails at a certain moment, and what only the hub or the output can tell."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub, Fault
from ansible_collections.scramjet.sth.tests.integration.playbooks import ROOT, play, run_playbook
from ansible_collections.scramjet.sth.tests.running.commands import CommandFailedError

PROBE = str(ROOT / "tests" / "integration" / "packages" / "probe")
COMPLETE = {"behaviour": "complete", "seconds": 0.1}


def run_job(hub: FakeHub, directory: pathlib.Path, app_config: Mapping[str, Any], **variables: Any) -> str:
    """Run the role, write ``run_job_result.msg`` to the output whatever happens, and return the output."""
    told = {"ansible.builtin.debug": {"msg": "The result says: {{ run_job_result.msg }}"}}
    role = {"ansible.builtin.include_role": {"name": "scramjet.sth.run_job"}}
    book = play(directory / "job.yml", {"tasks": [{"block": [role], "always": [told]}]})
    given = {"sth_api_url": hub.api_url, "run_job_src": PROBE, "run_job_app_config": dict(app_config), **variables}
    return run_playbook(book, given, environment={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})


def refuse_removals(hub: FakeHub) -> None:
    """Let no package be removed."""
    hub.fault(Fault("status", method="DELETE", path="/sequence", times=1000, body=b"the disk is on fire"))


def test_only_cleaning_up_fails(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        refuse_removals(hub)
        with pytest.raises(CommandFailedError, match="The job probe-job completed. Cleaning up failed: ") as failure:
            run_job(hub, tmp_path, COMPLETE)
        assert "The result says: Cleaning up failed: " in str(failure.value)
        assert "disk is on fire" in str(failure.value)


def test_a_failure_survives_that_of_cleaning_up(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        refuse_removals(hub)
        with pytest.raises(CommandFailedError, match='"error_code": "ENDED_EARLY"') as failure:
            run_job(hub, tmp_path, {"behaviour": "throw_later", "message": "what went wrong"})
        output = str(failure.value)
        told = output.partition("The result says: ")[2].splitlines()[0]
        assert "what went wrong" in told or "without completing" in told
        assert "Cleaning up failed: " in told
        assert "The job probe-job completed" not in output


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


def test_input_goes_where_it_should_and_the_result_is_published(tmp_path: pathlib.Path) -> None:
    with FakeHub(generation="1.x", timings=FAST) as hub:
        output = run_job(
            hub, tmp_path, COMPLETE, run_job_input="for stdin", run_job_input_stream="stdin", run_job_set_stats=True
        )
        fed = {
            item.path.rpartition("/")[2]: item.body for item in hub.requests if item.path.endswith(("/stdin", "/input"))
        }
        assert fed == {"stdin": b"for stdin"}
        stats = output.partition("CUSTOM STATS")[2]
        assert "run_job_result" in stats
        assert "completed" in stats
