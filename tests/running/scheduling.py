# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which worker gets which test: half of the workers take tests from the beginning of the list, and half from its end.

The first tests of the list keep a CPU busy, the last ones mostly wait. If all workers began with the first, the CPUs would be idle at
the end.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScheduling


class FromBothEnds(LoadScheduling):  # type: ignore[misc]  # pytest-xdist has no types.
    """Gives each worker the next test from its end of the list."""

    def _send_tests(self, node: Any, num: int) -> None:
        from_end = self.nodes.index(node) % 2 == 1
        if from_end:
            self.pending.reverse()
        super()._send_tests(node, num)
        if from_end:
            self.pending.reverse()
