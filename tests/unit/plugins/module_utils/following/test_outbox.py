# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queue between the threads that follow and the one that passes on."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.following.outbox import Outbox
from ansible_collections.scramjet.sth.tests.running.pace import bound


def test_items_are_returned_in_order_and_announced() -> None:
    announced: list[int] = []
    outbox = Outbox(lambda: announced.append(1))
    for number in (1, 2):
        outbox.put({"n": number})
    assert [outbox.take(), outbox.take(), outbox.take()] == [{"n": 1}, {"n": 2}, None]
    assert len(announced) == 2


@pytest.mark.parametrize("room", ["taken", "closed"])
def test_a_thread_waits_while_the_outbox_is_full(room: str) -> None:
    outbox = Outbox(lambda: None, most=1)
    outbox.put({"n": 1})
    waiting = threading.Thread(target=outbox.put, args=({"n": 2},), daemon=True)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    if room == "taken":
        assert outbox.take() == {"n": 1}
    else:
        outbox.close()
    waiting.join(bound(5))
    assert not waiting.is_alive()
    assert outbox.take() == {"n": 2 if room == "taken" else 1}


def test_a_failure_comes_behind_the_last_event() -> None:
    outbox = Outbox(lambda: None)
    outbox.put({"n": 1})
    outbox.fail(RuntimeError("gone"))
    assert outbox.take() == {"n": 1}
    with pytest.raises(RuntimeError, match="gone"):
        outbox.take()
