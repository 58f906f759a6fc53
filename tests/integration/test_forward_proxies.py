# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets reach their hub through real proxies, such as squid, whose addresses ``STH_TEST_PROXIES`` lists.

Proxies that the tests run themselves are in tests/unit/plugins/module_utils/http/test_proxies.py.
"""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.scramjet.sth.tests.integration.conftest import Hub
from ansible_collections.scramjet.sth.tests.integration.playbooks import OF_MODULES, run_target

PROXIES = os.environ.get("STH_TEST_PROXIES", "").split()


@pytest.mark.skipif(not PROXIES, reason="STH_TEST_PROXIES lists no proxies")
@pytest.mark.parametrize("hub", ["fake-1.x", "real-0.18"], indirect=True)
@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("target", [*OF_MODULES, "role_run_job:refused+missing+completes"])
def test_target(target: str, proxy: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    run_target(target, hub.variables, tmp_path, {"http_proxy": proxy, "no_proxy": ""})
