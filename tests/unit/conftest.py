# Copyright (c) scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let plain C(pytest) import this checkout as C(ansible_collections.scramjet.sth).

C(ansible-test units) provides the package itself; then this file does nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest


def _make_importable() -> None:
    try:
        if importlib.util.find_spec("ansible_collections.scramjet.sth") is not None:
            return
    except ModuleNotFoundError:
        pass
    root = pathlib.Path(__file__).resolve().parents[2]
    tree = pathlib.Path(tempfile.mkdtemp(prefix="scramjet-sth-"))
    namespace = tree / "ansible_collections" / "scramjet"
    namespace.mkdir(parents=True)
    (namespace / "sth").symlink_to(root, target_is_directory=True)
    sys.path.insert(0, str(tree))
    importlib.invalidate_caches()


_make_importable()


@pytest.fixture(params=["0.18", "1.x"])
def hub(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fake hub of each generation."""
    from ansible_collections.scramjet.sth.tests.fake_hub import FAST, FakeHub
    from ansible_collections.scramjet.sth.tests.running.pace import pace

    # On 0.18, a run has completed if its runner stays, so it must stay until a slow machine has looked.
    with FakeHub(request.param, replace(FAST, linger=FAST.linger * pace())) as fake:
        yield fake
