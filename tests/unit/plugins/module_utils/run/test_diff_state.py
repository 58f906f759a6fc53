# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both sides of a diff of an instance: as it runs, and as it will run."""

from __future__ import annotations

from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import member_mark
from ansible_collections.scramjet.sth.plugins.module_utils.model.program import Program
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.diff_state import (
    masked_state,
    running_state,
    wanted_state,
)
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import MASK_CHANGED, Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK

APP = SequenceRecord("s", "app", "1.0.0")
INVENTORY = Inventory((APP,))


def test_a_matching_instance_shows_no_difference() -> None:
    program = Program(member_mark("web", 0), app_config={"a": 1}, args=("x",), input_topic="in")
    running = running_state(program.started_from("s"), INVENTORY)
    assert running == wanted_state(program, APP)
    assert running == {
        "state": "running", "sequence": APP.ref, "app_config": {"a": 1}, "args": ["x"], "input_topic": "in"
    }  # fmt: skip


def test_a_package_that_is_gone_has_no_ref() -> None:
    assert running_state(Program(None).started_from("other"), INVENTORY)["sequence"] is None


def test_a_secret_is_hidden_and_says_that_it_has_changed() -> None:
    def state(password: str) -> dict[str, Any]:
        return wanted_state(Program(None, app_config={"password": password}, args=(f"--token={password}",)), APP)

    old, same, new = state("canary-1"), state("canary-1"), state("canary-2")
    assert masked_state(old, None, Masker())["app_config"] == {"password": MASK}
    assert masked_state(same, old, Masker()) == masked_state(old, None, Masker())
    changed = masked_state(new, old, Masker())
    assert (changed["app_config"], changed["args"]) == ({"password": MASK_CHANGED}, [f"--token={MASK_CHANGED}"])
    assert "canary" not in str(changed)
