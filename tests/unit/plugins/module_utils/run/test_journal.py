# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of a run, and which of them were carried out."""

from __future__ import annotations

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, WrittenError
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import COMPENSATION, Action, Journal

START, STOP = Action("start", "instance web", "none runs"), Action("stop", "instance web", "the task has state: absent")


def fail(journal: Journal, error: SthError, *, unplanned: bool = False) -> None:
    def do() -> None:
        with journal.compensating("delete", "sequence a") if unplanned else journal.doing(START):
            raise error

    with pytest.raises(SthError):
        do()


def done(journal: Journal) -> list[tuple[str, bool]]:
    return [(item["action"], item["done"]) for item in journal.as_result()]


def test_planned_actions_are_reported_and_marked_done_only_after_they_are() -> None:
    journal = Journal()
    assert not journal.planned
    journal.plan((STOP, START))
    assert (journal.planned, journal.written, journal.actions) == (True, False, (STOP, START))
    with journal.doing(START):
        assert not journal.written
    assert journal.written
    assert journal.as_result() == [
        {"action": "stop", "object": "instance web", "reason": "the task has state: absent", "done": False},
        {"action": "start", "object": "instance web", "reason": "none runs", "done": True},
    ]


@pytest.mark.parametrize(("error", "written"), [(SthError, False), (WrittenError, True)])
def test_a_failed_action_counts_as_done_only_if_it_has_written(error: type[SthError], written: bool) -> None:
    journal = Journal()
    journal.plan((START,))
    fail(journal, error("HUB_ERROR", "x"))
    assert (done(journal), journal.written) == ([("start", written)], written)
    unplanned = Journal()
    fail(unplanned, error("HUB_ERROR", "x"), unplanned=True)
    assert done(unplanned) == [("delete", True)] * written


def test_unplanned_actions_are_reported_as_compensations() -> None:
    journal = Journal()
    with journal.compensating("delete", "sequence a"):
        assert journal.as_result() == []
    (entry,) = journal.as_result()
    assert (entry["object"], entry["reason"], entry["done"]) == ("sequence a", COMPENSATION, True)


def test_of_two_equal_actions_only_the_completed_one_is_marked_done() -> None:
    twin = Action(START.action, START.object, START.reason)
    journal = Journal()
    journal.plan((START, twin))
    journal.done(twin)
    assert [item for _action, item in done(journal)] == [False, True]


def test_each_step_is_shown_when_it_begins() -> None:
    told: list[str] = []
    journal = Journal(told.append)
    journal.plan((START,))
    assert told == []
    with journal.doing(START):
        assert told == ["start instance web: none runs"]
    with journal.compensating("delete", "sequence a"):
        assert told[1:] == ["delete sequence a: compensation"]
