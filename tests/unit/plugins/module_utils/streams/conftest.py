# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this room share."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.streams.support import start


@pytest.fixture
def echo(hub: FakeHub, deployed: None) -> FakeHub:
    """Instance ``echo`` gives back its input in capitals, ``copy`` as it is, ``deaf`` reads none."""
    start(hub, "echo", behaviour="echo")
    start(hub, "copy", behaviour="copy")
    start(hub, "deaf", behaviour="run")
    return hub
