# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the live instances that a task talks to, or fails and says why there are none."""

from __future__ import annotations

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.instance.lookup import (
    assumable,
    missing_instance,
    observe_instance,
    one_per_name,
)
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.readiness import how_it_ended
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import InstanceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run


def find_targets(run: Run, reference: str, *, ended_too: bool) -> list[InstanceRecord]:
    """Return the live instances that match, one per name; none in check mode if an earlier task would start them.

    ``ended_too``: if none is live, return the one that ended last, whose events and streams a 1.x hub may still have.
    Raises ``NOT_FOUND`` or ``ENDED_EARLY``. Their secrets are masked in all later texts of the run.
    """
    hub = run.hub
    found = observe_instance(hub, reference)
    run.hide(found)
    live = one_per_name(item for item in found if item.live)
    if live:
        return live
    if found and ended_too:
        return found[-1:]
    if run.check_mode and assumable(reference):
        run.notes.append(f"Check mode assumes that an earlier task starts instance {reference}.")
        return []
    if found:
        last = found[-1]
        # Do not read its log for this failure, because reading consumes it, also in check mode.
        raise SthError(
            "ENDED_EARLY",
            f"Instance {last.label} ({last.id}) on {hub.api_url} {how_it_ended(last)} before this task: start it again, or "
            "read its output with sth_stream.",
            instance=last.id,
            outcome=last.outcome,
            exit_code=last.exit_code,
            reason=last.reason,
        )
    raise missing_instance(hub, reference)
