# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run ended, on hubs that say it and on those that do not (hub-behaviour.md#start-and-life-cycle)."""

from __future__ import annotations

import time
from dataclasses import replace

from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord, Outcome

# On 0.18 the runner of a completed Node.js program lingers for 10 s after its output has ended; a crash takes the record
# away at once, and the streams with it.
LINGERS_AT_LEAST = 4.0


def ended_record(last: InstanceRecord, now: InstanceRecord | None, output_ended: float | None) -> InstanceRecord:
    """Return the record of an instance that has ended, with its outcome.

    ``last``: when it was last seen alive; ``now``: what the hub still says, None on 0.18; ``output_ended``: when the hub
    ended the output stream (monotonic clock).
    """
    if now is not None:
        return now
    return replace(last, status="ended", outcome=_outcome_018(output_ended))


def _outcome_018(output_ended: float | None) -> Outcome:
    if output_ended is None:
        return "failed"
    return "completed" if time.monotonic() - output_ended >= LINGERS_AT_LEAST else "failed"
