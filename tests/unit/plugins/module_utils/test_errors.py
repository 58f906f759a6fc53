# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failures, and how they are changed on their way to the result."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import (
    LostAnswerError,
    SthError,
    WrittenError,
    checking_effect,
    given,
    refuse_empty,
    unknown_effect,
    unseen,
)


def test_unknown_details_are_left_out() -> None:
    assert SthError("TIMEOUT", "x", instance="i", outcome=None, exit_code=0).details == {
        "instance": "i",
        "exit_code": 0,
    }


def test_a_derived_failure_keeps_details_that_are_not_replaced() -> None:
    first = SthError("HUB_ERROR", "It broke.", http_status=500, method="POST")
    same = WrittenError.of(first)
    assert isinstance(same, WrittenError)
    assert (same.code, same.message, same.details) == (first.code, first.message, first.details)
    other = SthError.of(first, "CONFLICT", "It is in use.", http_status=409, instance="i")
    assert (other.code, str(other)) == ("CONFLICT", "It is in use.")
    assert other.details == {"http_status": 409, "method": "POST", "instance": "i"}


@pytest.mark.parametrize(("code", "word"), [("TIMEOUT", "in time"), ("UNREACHABLE", "closed the connection")])
def test_a_write_with_an_unknown_effect_counts_as_a_change_and_says_what_to_do(code: Any, word: str) -> None:
    error = unknown_effect(LostAnswerError(code, "x", method="POST"), "http://hub", "The start of web", "it runs")
    assert isinstance(error, WrittenError)
    assert (error.code, error.details) == (code, {"method": "POST"})
    for part in (word, "The start of web", "http://hub", "it runs", "run the task again"):
        assert part in error.message


def test_if_the_look_fails_too_the_message_names_the_write() -> None:
    lost = LostAnswerError("UNREACHABLE", "x", method="POST")

    def look(error: Exception | None) -> str:
        with checking_effect(lost, "http://hub", "The start of web", "it runs"):
            if error is not None:
                raise error
        return "seen"

    assert look(None) == "seen"
    with pytest.raises(WrittenError, match="The start of web") as raised:
        look(SthError("TIMEOUT", "y", method="GET"))
    assert (raised.value.code, raised.value.details) == ("UNREACHABLE", {"method": "POST"})
    with pytest.raises(KeyError):
        look(KeyError("ours"))


def test_the_failure_of_a_check_after_a_write_says_why() -> None:
    error = unseen(SthError("TIMEOUT", "GET got no answer."), "The hub took it", "it is gone")
    assert isinstance(error, WrittenError)
    assert error.message.startswith("The hub took it, but it is not known whether it is gone: GET got no answer.")


@pytest.mark.parametrize("details", [{}, {"http_status": 502}])
def test_a_likely_cause_comes_before_what_to_do(details: dict[str, Any]) -> None:
    lost = LostAnswerError("UNREACHABLE", "x answered 502.", **details)
    cause = "The likely cause is y: set z."
    for error in (
        unknown_effect(lost, "http://hub", "The start of web", "it runs", cause),
        unseen(lost, "The hub took it", "it runs", cause),
    ):
        assert error.message.endswith("The likely cause is y: set z. Then run the task again; it checks first."), error


def test_a_blank_text_is_not_the_same_as_none() -> None:
    refuse_empty("name a file", name=None, dest="x")
    for blank in ("", " \n"):
        with pytest.raises(SthError, match="dest is empty: name a file") as raised:
            refuse_empty("name a file", name="x", dest=blank)
        assert raised.value.code == "INVALID_OPTION"


def test_given_returns_the_value_or_reports_a_bug() -> None:
    assert given(0) == 0
    with pytest.raises(AssertionError):
        given(None)
