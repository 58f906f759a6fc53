# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files look like secrets by their name."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import MakeDirectory, refused

SECRETS = [
    ".env",
    ".env.production",
    "certs/server.key",
    "server.pem",
    "deploy/id_rsa",
    "id_ed25519",
    ".netrc",
    "config/.aws/credentials",
    "credentials.json",
    "store.p12",
]
HARMLESS = [
    ".env.example",
    "id_rsa.pub",
    "node_modules/tls/test/server.pem",
    "lib/keys.js",
    "monkey.js",
    "key",
    "src/environment.ts",
]


@pytest.mark.parametrize("path", SECRETS)
def test_files_that_look_like_secrets_are_named(make_directory: MakeDirectory, path: str) -> None:
    source = make_directory({path: ""})
    (warning,) = read_package(str(source)).warnings
    assert f"look like secrets: {path};" in warning
    assert path in refused(source, secret_files="fail")
    assert read_package(str(source), secret_files="ignore").warnings == ()
    assert read_package(str(source), exclude=[path], secret_files="fail").warnings == ()


def test_other_files_do_not_look_like_secrets(make_directory: MakeDirectory) -> None:
    assert read_package(str(make_directory(dict.fromkeys(HARMLESS, "")))).warnings == ()
