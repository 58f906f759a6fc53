# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helpers for the tests of packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package

MakeDirectory = Callable[..., Path]
MakeArchive = Callable[..., Path]
Regzip = Callable[[Path, Callable[[bytes], bytes]], Path]

MANIFEST: dict[str, Any] = {"name": "wordcount", "version": "1.4.2", "main": "index.js", "engines": {"node": ">=18"}}


def refused(source: Path, **options: Any) -> str:
    """Return the message with which a package is refused."""
    with pytest.raises(SthError) as caught:
        read_package(str(source), **options)
    assert caught.value.code == "INVALID_PACKAGE"
    return caught.value.message
