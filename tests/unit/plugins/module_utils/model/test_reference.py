# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reference to a sequence means."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.reference import (
    find_sequences,
    parse_reference,
    resolve_sequence,
)

A, B = "a" * 64, "b" * 64
APP_1 = SequenceRecord("id-1", "app", f"1.0.0+sha256.{A}")
APP_2 = SequenceRecord("id-2", "app", f"1.1.0+sha256.{B}")
APP_2_COPY = SequenceRecord("id-0", "app", f"1.1.0+sha256.{B}")
SCOPED = SequenceRecord("id-3", "@scope/app", "1.4.2")
UNMARKED = SequenceRecord("id-4", "other", "1.0.0")
ALL = (APP_1, APP_2, SCOPED, UNMARKED)


def resolve(text: str, sequences: Sequence[SequenceRecord] = ALL, assume: bool = False) -> SequenceRecord:
    return resolve_sequence(parse_reference(text), Inventory(tuple(sequences)), hub="http://hub", assume=assume)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("id-2", APP_2),
        ("app@1.0.0", APP_1),
        (f"app@sha256:{B[:7]}", APP_2),
        (f"app@sha256:{B}", APP_2),
        ("@scope/app", SCOPED),
        ("@scope/app@1.4.2", SCOPED),
        ("other", UNMARKED),
    ],
)
def test_references(text: str, meant: SequenceRecord) -> None:
    assert resolve(text) is meant


def test_an_id_wins_over_a_name() -> None:
    named_like_an_id = SequenceRecord("x", "id-1", "1.0.0")
    assert find_sequences(parse_reference("id-1"), Inventory((named_like_an_id, APP_1))) == [APP_1]


def test_a_version_that_is_called_current_wins_over_the_current_one() -> None:
    called_so = SequenceRecord("x", "app", "current")
    assert resolve("app@current", [*ALL, called_so]) is called_so


def test_the_failure_for_an_ambiguous_name_suggests_name_at_current() -> None:
    with pytest.raises(SthError, match="app@current for the one in force"):
        resolve("app")


def test_a_name_that_matches_two_sequences_is_refused_with_the_list() -> None:
    with pytest.raises(SthError) as caught:
        resolve("app")
    assert caught.value.code == "AMBIGUOUS"
    assert APP_1.ref in caught.value.message
    assert APP_2.id in caught.value.message


def test_copies_with_the_same_content_count_as_one() -> None:
    assert resolve(f"app@sha256:{B[:12]}", [APP_2, APP_2_COPY]) is APP_2_COPY


def test_copies_without_digests_are_ambiguous() -> None:
    with pytest.raises(SthError, match="matches 2"):
        resolve("other", [UNMARKED, SequenceRecord("id-5", "other", "1.0.0")])


@pytest.mark.parametrize("text", ["nope", "app@2.0.0", "app@sha256:" + "c" * 12])
def test_a_missing_sequence_is_an_error_and_assumed_in_check_mode(text: str) -> None:
    with pytest.raises(SthError) as caught:
        resolve(text)
    assert caught.value.code == "NOT_FOUND"
    assumed = resolve(text, assume=True)
    assert assumed.id == ""
    assert assumed.name == text.split("@", 1)[0]


def test_name_at_current_is_assumed_in_check_mode() -> None:
    assert resolve("nope@current", assume=True) == SequenceRecord("", "nope", "")


def test_an_id_is_never_assumed() -> None:
    with pytest.raises(SthError, match="No sequence"):
        resolve("11111111-2222-3333-4444-555555555555", assume=True)


@pytest.mark.parametrize("text", ["", " ", None, "app@", "app@sha256:xyz", "app@sha256:abc"])
def test_invalid_references_are_refused(text: str | None) -> None:
    with pytest.raises(SthError) as caught:
        parse_reference(text)
    assert caught.value.code == "INVALID_OPTION"
