# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception type that every layer raises and every entrance turns into a failure.

Source: architecture.md#failures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

T = TypeVar("T")
E = TypeVar("E", bound="SthError")

ErrorCode = Literal[
    "UNREACHABLE",
    "TIMEOUT",
    "UNAUTHORIZED",
    "NOT_FOUND",
    "AMBIGUOUS",
    "CONFLICT",
    "INSUFFICIENT_RESOURCES",
    "INVALID_CONFIG",
    "INVALID_PACKAGE",
    "BUILD_FAILED",
    "INVALID_OPTION",
    "START_FAILED",
    "ENDED_EARLY",
    "FAILURE_EVENT",
    "UNSUPPORTED_BY_HUB",
    "HUB_ERROR",
    "LOCAL_ERROR",
    # Between a module and its action plugin only (package_source.py).
    "PACKAGE_NEEDED",
]


class SthError(Exception):
    """A failure that a person can act on.

    ``message`` is one sentence: the request, the hub, its answer, and what to do.
    ``details`` are the other keys of a failure, such as ``http_status``, ``method``, ``url``,
    ``instance``, ``outcome``, ``exit_code``, ``reason`` and ``logs``. ``said`` are the keys with output of programs. Their
    secrets are masked already, or are shown because the user set ``mask_output: false``.
    """

    def __init__(self, code: ErrorCode, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.details: dict[str, Any] = {key: value for key, value in details.items() if value is not None}
        self.said: dict[str, Any] = {}

    @property
    def is_answer(self) -> bool:
        """Whether the hub or a gateway has answered the request. Otherwise the connection failed, or no request was sent."""
        return "http_status" in self.details

    @classmethod
    def of(
        cls: type[E], error: SthError, code: ErrorCode | None = None, message: str | None = None, **details: Any
    ) -> E:
        """Return a failure of this class like ``error``, with the given code, message or details instead of its own."""
        made = cls(code or error.code, message or error.message, **{**error.details, **details})
        made.said = error.said
        return made


class LostAnswerError(SthError):
    """A write was sent but its answer never arrived, so nobody knows whether the hub carried it out.

    Code that catches it checks for the effect before it repeats the write (hub-behaviour.md#what-a-client-does-about-it).
    """


class BrokenReadError(SthError):
    """The connection of a read broke before its answer was complete. A time limit raises another failure."""


class GatewayError(SthError):
    """A gateway has answered a read in the place of the hub. Its answer says nothing about the state of the hub.

    ``seconds``: how long it took to answer. ``retry_after``: how long it asks to wait, 0.0 if it does not ask.
    """

    seconds: float = 0.0
    retry_after: float = 0.0

    def is_time_out(self, waits: float) -> bool:
        """Whether the gateway has waited for the hub, for at least ``waits`` seconds, until a time limit of its own."""
        return self.details.get("http_status") == 504 and self.seconds >= waits


class WrittenError(SthError):
    """A write was sent, but its effect was not seen (yet). The action of the write counts as done.

    So ``changed`` is true, and the task does not restore what the write may have replaced.
    """


@contextmanager
def checking_effect(lost: LostAnswerError, hub: str, what: str, effect: str, cause: str = "") -> Iterator[None]:
    """Wrap the requests that look for the effect after a lost answer. If they fail too, raise `unknown_effect` instead."""
    try:
        yield
    except SthError as error:
        raise unknown_effect(lost, hub, what, effect, cause) from error


def unknown_effect(lost: LostAnswerError, hub: str, what: str, effect: str, cause: str = "") -> WrittenError:
    """Build the failure for a write with an unknown effect. ``what``: "The start of x"; ``effect``: "it runs".

    ``cause``: sentences about a likely cause, and what to do about it.
    """
    return _after_sending(lost, hub, what, f"it is not known whether {effect}", "; it checks first", cause)


def still_there(lost: LostAnswerError, hub: str, what: str, there: str) -> WrittenError:
    """Build the failure for a write without an answer and without an effect. ``what``: "The removal of x"; ``there``: "it is there"."""
    return _after_sending(lost, hub, what, there, "")


def _after_sending(lost: LostAnswerError, hub: str, what: str, state: str, why: str, cause: str = "") -> WrittenError:
    if lost.is_answer:
        # A gateway or another server has answered, not the hub. The message of `lost` says so.
        message = f"{what} was sent to {hub}, and {state}: {lost.message} {_advice(cause)}{why}."
    else:
        advice = f". {_advice(cause)}" if cause else ": look in the hub's log, and run the task again"
        message = f"{what} was sent to {hub}, which {_how(lost)}, and {state}{advice}{why}."
    return WrittenError.of(lost, message=message)


def _how(lost: LostAnswerError) -> str:
    return "did not answer in time" if lost.code == "TIMEOUT" else "closed the connection before it answered"


def unseen(error: SthError, written: str, effect: str, cause: str = "") -> WrittenError:
    """Build the failure for a check that failed after a write. ``written``: "X accepted it"; ``effect``: "it is gone".

    ``cause``: as in `unknown_effect`.
    """
    message = f"{written}, but it is not known whether {effect}: {error.message} {_advice(cause)}; it checks first."
    return WrittenError.of(error, message=message)


def _advice(cause: str) -> str:
    """Say to run the task again, but the likely cause first."""
    return f"{cause} Then run the task again" if cause else "Run the task again"


@contextmanager
def naming(instance_id: str) -> Iterator[None]:
    """Add the id of the instance to a failure that does not name one."""
    try:
        yield
    except SthError as error:
        error.details.setdefault("instance", instance_id)
        raise


def given(value: T | None) -> T:
    """Return a value that the caller's own logic guarantees to be there."""
    if value is None:
        raise AssertionError(
            "A value is None that the code before must have set: please report this bug of scramjet.sth."
        )
    return value


def refuse_empty(advice: str, **options: str | None) -> None:
    """Raise ``INVALID_OPTION`` for the first of the ``options`` that is set to an empty or blank text."""
    for name, value in options.items():
        if value is not None and not value.strip():
            raise SthError("INVALID_OPTION", f"{name} is empty: {advice}, or leave it out.")
