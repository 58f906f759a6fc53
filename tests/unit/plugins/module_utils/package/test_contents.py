# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a source holds, gathered entry by entry."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MakeDirectory


def test_npmrc_is_judged_by_its_content_which_is_never_shown(make_directory: MakeDirectory) -> None:
    plain = make_directory({".npmrc": "registry=https://registry.example.org/\nalways-auth=true\n"}, name="plain")
    assert read_package(str(plain)).warnings == ()
    secret = make_directory({"app/.npmrc": "//registry.example.org/:_authToken=s3cr3t\n"}, name="secret")
    (warning,) = read_package(str(secret)).warnings
    assert "app/.npmrc" in warning
    assert "s3cr3t" not in warning


@pytest.mark.parametrize("key", ["_auth", "_authToken", "_password"])
@pytest.mark.parametrize("sign", ["=", " = ", "\t="])
def test_npmrc_is_judged_whatever_space_is_around_the_sign(make_directory: MakeDirectory, key: str, sign: str) -> None:
    source = make_directory({".npmrc": f"//registry.example.org/:{key}{sign}s3cr3t\n"})
    (warning,) = read_package(str(source)).warnings
    assert ".npmrc" in warning
