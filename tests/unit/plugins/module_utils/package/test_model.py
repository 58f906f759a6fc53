# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a package in messages, and the failure for one that is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.model import refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES

PROBE = read_package(str(PACKAGES / "probe"))


@pytest.mark.parametrize(
    ("compare", "version", "ref"),
    [
        ("content", "1.0.0", f"probe@sha256:{PROBE.digest[:12]}"),
        ("version", "1.0.0", "probe@1.0.0"),
        ("version", "", "probe"),
    ],
)
def test_the_ref_of_a_package_is_the_one_that_the_hub_will_report(compare: str, version: str, ref: str) -> None:
    assert replace(PROBE, compare=compare, version=version).ref == ref  # type: ignore[arg-type]


def test_a_refusal_names_the_package_and_is_one_sentence() -> None:
    error = refusal("packages/shop", "it is empty; fill it")
    assert (error.code, error.message) == ("INVALID_PACKAGE", "Package packages/shop is refused: it is empty; fill it.")
