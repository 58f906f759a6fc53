# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds misspelt names, and suggests the right ones."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import HUB

# The variables of every playbook of this collection.
OF_PLAYBOOKS = ("sth_hosts", *(f"sth_{option}" for option in HUB))
# How similar a name must be to a known one to count as a misspelling: without the prefix that both have, and, if only the known name
# has the prefix, as a whole. Whole names must be more similar, because their beginnings are often alike.
ALIKE = 0.8
ALIKE_WHOLE = 0.9


def unknown_names(names: Iterable[str], known: Collection[str]) -> list[str]:
    """Return the unknown names, sorted, each with a known name that is similar: ``replica (replicas?)``."""
    unknown = sorted(set(names) - set(known))
    return [f"{name} ({likely}?)" if (likely := _likely(name, known)) else name for name in unknown]


def misspelt_names(
    names: Iterable[str], known: Collection[str], prefix: str = "", of_playbooks: bool = False
) -> list[str]:
    """Return the unknown names that are similar to a known one, sorted: ``deployments_list (deployment_list?)``.

    All known names begin with ``prefix``. The prefix alone does not make a name similar.

    ``of_playbooks``: the variables of every playbook are known too. A name that is similar to one of them may belong to the user, so it
    counts as misspelt only if the variable itself is not set, and ``sth_host`` only if ``sth_api_url`` is not set either.
    """
    given = set(names)
    common = OF_PLAYBOOKS if of_playbooks else ()
    known = (*known, *common)
    own = {name.removeprefix(prefix): name for name in known}
    found = []
    for name in sorted(given - set(known)):
        rest = name.removeprefix(prefix)
        likely = own.get(_likely(rest, own) or "") if rest != name or not prefix else _likely(name, known, ALIKE_WHOLE)
        # An inventory may compose sth_api_url from a sth_host of its own.
        is_set = likely in common and (likely in given or (name == "sth_host" and "sth_api_url" in given))
        if likely is not None and not is_set:
            found.append(f"{name} ({likely}?)")
    return found


def _likely(name: str, known: Collection[str], alike: float = ALIKE) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=alike)), None)
