# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bearer token in a file, which another program may replace while a task runs, or from a program that prints it."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from contextlib import suppress
from threading import Lock

# Hubs and gateways refuse headers that are longer.
LONGEST = 16 * 1024
# How many seconds a program may take that prints a token.
LONGEST_RUN = 60
# How many seconds to wait until a program is run again that has failed, or has printed a token that was refused.
PAUSE = 30


class TokenFile:
    """Reads the token from its file for each request. A program is run again only after its token was refused.

    ``seen``: all tokens that were read, which no failure may show.
    """

    def __init__(self, path: str, first: str) -> None:
        """``first``: the token when the options were checked."""
        self._path = path
        self._last = first
        self._renewing = Lock()
        self._may_run_at = 0.0
        self.seen = {first}

    def token(self) -> str:
        """Return the token in the file; the last one if the file has none now, because another program is writing it."""
        try:
            found = _in_file(self._path)
        except OSError:
            found = None
        return self._kept(found)

    def after(self, refused: str) -> str:
        """Return the token that has replaced one that was refused; the same if there is no other one."""
        with self._renewing:
            if self._last == refused and self.token() == refused and time.monotonic() >= self._may_run_at:
                with suppress(OSError, subprocess.SubprocessError):
                    self._kept(read_token(self._path))
                if self._last == refused:
                    self._may_run_at = time.monotonic() + PAUSE
            return self._last

    def _kept(self, found: str | None) -> str:
        if found is not None:
            self._last = found
            self.seen.add(found)
        return self._last


def read_token(path: str) -> str | None:
    """Return the only word in a file, or the only word that it prints if it is a program. None if there is not exactly one word.

    Raises `OSError`, and `subprocess.SubprocessError` if the program fails.
    """
    found = _in_file(path)
    if found is not None or not os.access(path, os.X_OK) or not os.path.isfile(path):
        return found
    try:
        done = subprocess.run(
            [os.path.abspath(path)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_RUN,
        )
    except OSError as error:
        # On some file systems every file is executable, but this one is no program.
        if error.errno == errno.ENOEXEC:
            return None
        raise
    return _only_word(done.stdout.decode("utf-8", "replace"))


def _in_file(path: str) -> str | None:
    with open(path, encoding="utf-8", errors="replace") as file:
        return _only_word(file.read(LONGEST + 1))


def _only_word(text: str) -> str | None:
    """Return a text that can be sent as a token; None for any other one."""
    word = text.strip()
    return word if word.isascii() and word.isprintable() and " " not in word and 0 < len(word) <= LONGEST else None
