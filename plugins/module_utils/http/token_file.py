# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bearer token in a file, which another program may replace while a task runs."""

from __future__ import annotations

# Hubs and gateways refuse headers that are longer.
LONGEST = 16 * 1024


class TokenFile:
    """Reads the token from its file for each request. ``seen``: all tokens that were read, which no failure may show."""

    def __init__(self, path: str, first: str) -> None:
        """``first``: the token in the file when the options were checked."""
        self._path = path
        self._last = first
        self.seen = {first}

    def token(self) -> str:
        """Return the token in the file; the last one if the file has none now, because another program is writing it."""
        try:
            found = read_token(self._path)
        except OSError:
            found = None
        if found is not None:
            self._last = found
            self.seen.add(found)
        return self._last


def read_token(path: str) -> str | None:
    """Return the only word in a file; None if it does not hold exactly one that can be sent. Raises `OSError`."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(LONGEST + 1).strip()
    is_one = text.isascii() and text.isprintable() and " " not in text and 0 < len(text) <= LONGEST
    return text if is_one else None
