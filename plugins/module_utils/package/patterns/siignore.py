# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files ``.siignore`` leaves out of a package, as in ``si seq pack`` of Scramjet's command line.

The rules differ from gitignore. Each line is a glob for the whole path, so ``src`` leaves out ``src`` but not ``lib/src``. A
pattern with a slash at either end matches nothing, and ``!x`` leaves out everything except ``x``. The order of the lines does
not matter. Measured: tests/unit/plugins/module_utils/package/patterns/siignore.json.
"""

from __future__ import annotations

import re

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.minimatch import Minimatch, trimmed

_END_OF_LINE = re.compile(r"\r?\n")


class SiIgnore:
    """The rules of one ``.siignore``."""

    def __init__(self, text: str = "") -> None:
        """Raises ``TooManyAlternatives`` for a pattern whose braces have too many alternatives."""
        self._patterns: list[Minimatch] = []
        # Lines that cannot match anything, although their author probably wanted them to.
        self.idle: list[str] = []
        for line in _END_OF_LINE.split(text):
            before, sign, _comment = line.partition("#")
            # si ignores a line that has a # after other text.
            skipped = bool(sign and trimmed(before))
            pattern = Minimatch("" if skipped else line)
            if skipped or pattern.is_idle:
                self.idle.append(trimmed(line))
            else:
                self._patterns.append(pattern)

    def leaves_out(self, path: str) -> bool:
        """Whether ``path``, a file or directory, is left out with everything below it."""
        return any(pattern.matches(path) for pattern in self._patterns)
