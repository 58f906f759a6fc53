# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which package must be in ``src``. test_reconcile.py has the refusals that a user sees."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.deployment.options import required_package
from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.running import PACKAGES


@pytest.mark.parametrize("scope", ["", "@acme/"])
def test_a_package_must_have_the_name_and_the_digest_of_the_reference(scope: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(PACKAGES / "probe", tmp_path / "probe")
    manifest = tmp_path / "probe" / "package.json"
    manifest.write_text(manifest.read_text().replace('"name": "probe"', f'"name": "{scope}probe"'))
    package = read_package(str(tmp_path / "probe"))
    assert package.name == f"{scope}probe"
    for length in (7, 12, 64):
        digest = f"sha256:{package.digest[:length]}"
        for given in (None, digest), (f"{scope}probe@{digest}", None):
            required = required_package("probe", *given)
            assert required
            assert required.digest == package.digest[:length]
            required.refuse_other("probe", package)
        other = required_package("probe", f"other@{digest}", None)
        assert other
        with pytest.raises(SthError, match=f"is {scope}probe@sha256:{package.digest[:12]} and not other@"):
            other.refuse_other("probe", package)


def test_without_a_digest_any_package_may_be_there() -> None:
    assert required_package("probe", None, None) is None
    assert required_package(None, "probe@sha256:0123456", None) is None
    assert required_package(None, None, None) is None
