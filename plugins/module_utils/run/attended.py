# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thread whose end is noticed: whoever waits for it finds what ended it, whatever that was."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError


class Attended(threading.Thread, ABC):
    """Does `work` beside the task. ``error`` is what kept it from ending well, None as long as nothing has."""

    def __init__(self, name: str) -> None:
        super().__init__(daemon=True, name=name)
        self.error: SthError | None = None

    @abstractmethod
    def work(self) -> None:
        """Do what is to be done; raise what prevents it."""

    def run(self) -> None:
        """Work, and keep what ended it."""
        try:
            self.work()
        except SthError as error:
            self.error = error
        except Exception as error:
            # Else it would be gone without a word, and the task would wait for it until its bound in time.
            self.error = SthError(
                "LOCAL_ERROR",
                f"What was to {self.name} failed on the machine where the task runs "
                f"({type(error).__name__}: {error}): free what it lacks, or report it as a fault of scramjet.sth.",
            )
            self.error.__cause__ = error
