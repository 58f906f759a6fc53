# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files look like secrets by their name."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.ignore import IgnoreRules

# Libraries contain keys for their own tests, so names of keys do not count below node_modules.
_SECRET_FILES = IgnoreRules(
    (
        "*.pem",
        "*.key",
        "!**/node_modules/**",
        "*.p12",
        "*.pfx",
        "*.jks",
        "*.keystore",
        "*.kdbx",
        "*.ppk",
        ".env",
        ".env.*",
        "!.env.example",
        "!.env.sample",
        "!.env.template",
        "!.env.dist",
        ".netrc",
        ".pgpass",
        ".pypirc",
        ".htpasswd",
        ".git-credentials",
        ".dockerconfigjson",
        "**/.docker/config.json",
        "**/.aws/credentials",
        "**/.kube/config",
        "credentials.json",
        "credentials.y*ml",
        "secrets.json",
        "secrets.y*ml",
        "vault_pass*",
        ".vault_pass*",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
    )
)


def is_secret_file(path: str) -> bool:
    """Whether a file with this name usually contains a secret (.npmrc is checked by its content instead)."""
    return _SECRET_FILES.ignores(path, is_directory=False)
