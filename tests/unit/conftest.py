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
import time
from collections.abc import Iterator
from types import SimpleNamespace
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
    """A fake hub of each generation, whose constants the client is told, so that nothing takes minutes."""
    from ansible_collections.scramjet.sth.plugins.module_utils.deployment import crashes
    from ansible_collections.scramjet.sth.plugins.module_utils.hub import instance_client as client
    from ansible_collections.scramjet.sth.plugins.module_utils.job import apply as job_apply
    from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle import (
        ending,
        event_wait,
        observing,
        readiness,
        starting,
    )
    from ansible_collections.scramjet.sth.plugins.module_utils.model import outcome
    from ansible_collections.scramjet.sth.plugins.module_utils.run import waiting
    from ansible_collections.scramjet.sth.plugins.module_utils.streams import reading as stream_read
    from ansible_collections.scramjet.sth.plugins.module_utils.streams import writing as stream_write
    from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub

    with pytest.MonkeyPatch.context() as patched, FakeHub(request.param) as fake:
        # It is looked more often than at a real hub; bounds in time stay what they are.
        hasty = SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: time.sleep(max(seconds / 5, 0.005)))
        patched.setattr(waiting, "time", hasty)
        patched.setattr(crashes, "OTHERS_SHOW", 0.3)
        patched.setattr(outcome, "LINGERS_AT_LEAST", 0.6)
        patched.setattr(ending, "KILL_GRACE", 3.0)
        patched.setattr(starting, "LOST_START_SHOWS", 1.0)
        patched.setattr(observing, "RECONNECT", 2.0)
        # Whoever has waited for so long in vain looks or asks again.
        patched.setattr(client, "SINGLE_GET_TIMEOUT", 1.0)
        patched.setattr(readiness, "EVENT_TURN", 0.3)
        patched.setattr(readiness, "HEALTH_IS_ASKED", 0.5)
        patched.setattr(job_apply, "EVENT_TURN", 0.1)
        for module in (event_wait, stream_read, stream_write):
            patched.setattr(module, "LOOK_EVERY", 0.1)
        yield fake
