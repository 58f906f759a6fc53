# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that keep the failure that ended them."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.threads.attended import Attended


class Reader(Attended):
    """Ends with an exception, or without one."""

    def __init__(self, failure: Exception | None) -> None:
        super().__init__("read stderr")
        self.failure = failure

    def work(self) -> None:
        """Raise it."""
        if self.failure is not None:
            raise self.failure


def ended_with(failure: Exception | None) -> SthError | None:
    reader = Reader(failure)
    reader.start()
    reader.join()
    return reader.error


def test_a_thread_that_does_its_work_has_no_failure() -> None:
    assert ended_with(None) is None


def test_a_failure_is_kept_as_it_is() -> None:
    failure = SthError("UNREACHABLE", "The hub is gone.")
    assert ended_with(failure) is failure


@pytest.mark.parametrize("failure", [MemoryError("no memory"), OSError(28, "No space left on device")])
def test_any_other_exception_becomes_a_failure_that_says_what_could_not_be_done(failure: Exception) -> None:
    error = ended_with(failure)
    assert error is not None
    assert error.code == "LOCAL_ERROR"
    assert error.message.startswith(
        f"Could not read stderr on the machine where the task runs ({type(failure).__name__}: "
    )
    assert error.__cause__ is failure


def test_an_exception_without_a_text_is_named() -> None:
    error = ended_with(MemoryError())
    assert error is not None
    assert "(MemoryError): check its memory" in error.message


def test_a_thread_that_cannot_be_started_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(SthError, match="Could not read stderr .* its limit of threads") as raised:
        Reader(None).start()
    assert raised.value.code == "LOCAL_ERROR"
