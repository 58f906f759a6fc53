# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How sequences and instances look in results."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.model.instance_mark import InstanceMark, marked
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.rollout_mark import Rollout
from ansible_collections.scramjet.sth.plugins.module_utils.run.views import instance_view, sequence_view
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.masker import Masker
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.scrubbing import MASK

APP = SequenceRecord("s", "app", f"1.0.0+sha256.{'a' * 64}", "node", ("i",))


def test_a_sequence() -> None:
    assert sequence_view(APP) == {
        "id": "s", "name": "app", "version": "1.0.0", "digest": "a" * 64, "ref": f"app@sha256:{'a' * 12}",
        "hub_version": APP.hub_version, "instances": ["i"],
    }  # fmt: skip
    assert sequence_view(SequenceRecord("predicted-1", "app", "1"))["id"] is None


def test_an_instance_shows_its_names_and_neither_its_mark_nor_its_secrets() -> None:
    config = marked({"password": "canary", "a": 1}, InstanceMark("web-2", "web", 2, "web", Rollout(3, "d")))
    record = InstanceRecord("i", "s", "running", config, ("--token", "canary"), created="2026-01-01T00:00:00Z")
    view = instance_view(record, APP, Masker())
    assert (view["name"], view["index"], view["deployment"]) == ("web-2", 2, "web")
    assert (view["app_config"], view["args"]) == ({"password": MASK, "a": 1}, ["--token", MASK])
    assert view["sequence"] == {"id": "s", "ref": APP.ref}
    assert (view["live"], view["status"], view["created"]) == (True, "running", "2026-01-01T00:00:00Z")


def test_unknown_values_are_null() -> None:
    view = instance_view(InstanceRecord("", "predicted-1", "ended", outcome="unknown"), None, Masker())
    for name in ("id", "name", "index", "deployment", "exit_code", "reason", "ended"):
        assert view[name] is None
    assert view["sequence"] == {"id": None, "ref": None}
    assert (view["live"], view["outcome"]) == (False, "unknown")
