# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several hubs are followed at once, and the end of a thread is noticed."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.following.watch import Watch
from ansible_collections.scramjet.sth.tests.fake_hub import FakeHub
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.following.seen import (
    follow,
    start,
)


def test_an_unreachable_hub_does_not_stop_the_events_of_others() -> None:
    with FakeHub("0.18") as one, FakeHub("1.x") as other, follow(one, other) as seen:
        one.leave()
        away = seen.next("hub_unreachable")
        assert (away["hub"]["api_url"], away["error_code"]) == (one.api_url, "UNREACHABLE")
        assert away["message"].startswith("GET ")
        start(other, "shop")
        assert seen.next("instance_started")["hub"]["api_url"] == other.api_url
        seen.next("instance_ready")
        one.revive()
        back = seen.next("hub_reachable")
        assert (back["hub"]["api_url"], back["version"], back["generation"]) == (one.api_url, "0.18.7", "0.18")
        assert 0 < back["unreachable_for"] < 60


def test_the_end_of_a_thread_is_reported(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def exits(_self: Watch, *_given: object) -> None:
        raise SystemExit

    with follow(hub) as seen:
        monkeypatch.setattr(Watch, "_look", exits)
        with pytest.raises(SthError) as failure:
            seen.next()
    assert failure.value.code == "LOCAL_ERROR"
