# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub reports, in the words that results use."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import (
    InstanceRecord,
    Inventory,
    SequenceRecord,
)

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("hub_version", "version", "digest", "ref"),
    [
        (f"1.4.2+sha256.{DIGEST}", "1.4.2", DIGEST, "app@sha256:0123456789ab"),
        (f"0.0.0+sha256.{DIGEST}", "", DIGEST, "app@sha256:0123456789ab"),
        ("1.4.2", "1.4.2", None, "app@1.4.2"),
        ("", "", None, "app"),
    ],
)
def test_the_ref_of_a_sequence_has_its_digest_or_version_or_name(
    hub_version: str, version: str, digest: str | None, ref: str
) -> None:
    record = SequenceRecord("id", "app", hub_version)
    assert (record.version, record.digest, record.ref) == (version, digest, ref)


@pytest.mark.parametrize(("own_id", "known"), [("a-b", "a-b"), ("", None), ("predicted-1", None)])
def test_a_predicted_id_is_not_shown(own_id: str, known: str | None) -> None:
    assert SequenceRecord(own_id, "app", "1").known_id == known
    assert InstanceRecord(own_id, "", "running").known_id == known


def test_only_ended_instances_are_not_live() -> None:
    assert [InstanceRecord("i", "s", status).live for status in ("starting", "running", "stopping", "ended")] == [
        True, True, True, False,
    ]  # fmt: skip


def test_an_inventory_finds_a_sequence_by_its_id() -> None:
    app = SequenceRecord("a", "app", "1")
    assert Inventory((SequenceRecord("b", "app", "1"), app)).sequence("a") is app
    assert Inventory((app,)).sequence("app") is None
