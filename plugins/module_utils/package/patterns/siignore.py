# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a ``.siignore`` leaves out of a package, as ``si seq pack`` of Scramjet's command line reads it.

Not gitignore: each line is a glob that is compared with the whole path, ``src`` leaves out ``src`` alone and no
``lib/src``, a slash at either end matches nothing, and ``!x`` leaves out all but ``x``. The order of the lines is
of no matter. Measured: tests/unit/plugins/module_utils/package/patterns/siignore.json.
"""

from __future__ import annotations

import re

from ansible_collections.scramjet.sth.plugins.module_utils.package.patterns.minimatch import Minimatch, trimmed

_END_OF_LINE = re.compile(r"\r?\n")


class SiIgnore:
    """The rules of one ``.siignore``."""

    def __init__(self, text: str = "") -> None:
        """Raises ``TooManyAlternatives`` for a pattern whose braces stand for too much."""
        self._patterns: list[Minimatch] = []
        # Lines that leave nothing out although they look as if they did.
        self.idle: list[str] = []
        for line in _END_OF_LINE.split(text):
            before, sign, _comment = line.partition("#")
            # si takes no line that has a # behind anything.
            skipped = bool(sign and trimmed(before))
            pattern = Minimatch("" if skipped else line)
            if skipped or pattern.is_idle:
                self.idle.append(trimmed(line))
            else:
                self._patterns.append(pattern)

    def leaves_out(self, path: str) -> bool:
        """Tell whether ``path``, a file or directory, is left out, and all that is below it."""
        return any(pattern.matches(path) for pattern in self._patterns)
