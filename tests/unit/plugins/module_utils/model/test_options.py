# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How options become typed objects."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options, read_options, suboptions


@dataclass(frozen=True, repr=False, eq=False)
class Part(Options):
    port: int | None


@dataclass(frozen=True, repr=False, eq=False)
class Whole(Options):
    token: str
    one: Part | None = field(metadata=suboptions(Part))
    several: list[Part] | None = field(metadata=suboptions(Part))


def test_each_option_is_read_and_unknown_keys_are_ignored() -> None:
    whole = read_options(Whole, {"token": "s3cret", "one": None, "several": None, "_predicted": []})
    assert (whole.token, whole.one, whole.several) == ("s3cret", None, None)
    assert "s3cret" not in repr(whole)
    with pytest.raises(FrozenInstanceError):
        whole.token = "other"  # type: ignore[misc]


def test_suboptions_are_typed_too() -> None:
    whole = read_options(Whole, {"token": "", "one": {"port": 1}, "several": [{"port": 2}, {"port": None}]})
    assert whole.one is not None
    assert whole.one.port == 1
    assert [part.port for part in whole.several or ()] == [2, None]
