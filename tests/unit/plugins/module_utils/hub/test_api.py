# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common part of all clients of a hub: its version and capabilities."""

from __future__ import annotations

from ansible_collections.scramjet.sth.tests.unit.scripted_server import VERSION_018, ScriptedServer, client, failure


def test_the_failure_for_a_missing_feature_says_what_to_do_instead() -> None:
    with ScriptedServer(VERSION_018) as server:
        error = failure(client(server).sequence("a").overwrite, b"x")
    assert error.code == "UNSUPPORTED_BY_HUB"
    assert "on_change: replace" in error.message
