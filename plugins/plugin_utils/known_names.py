# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that are misspelt, and what is likely to be meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

# So much of a name must be that of another for it to be a misspelling; more where both begin in the same way for another reason.
ALIKE = 0.8
ALIKE_WHOLE = 0.9


def unknown_names(names: Iterable[str], known: Collection[str]) -> list[str]:
    """Return those that are not known, sorted, each with the known one that it resembles: ``replica (replicas?)``."""
    unknown = sorted(set(names) - set(known))
    return [f"{name} ({likely}?)" if (likely := _likely(name, known)) else name for name in unknown]


def misspelt_names(names: Iterable[str], known: Collection[str], prefix: str = "") -> list[str]:
    """Return those that are not known and resemble a known one, sorted, as ``deployments_list (deployment_list?)``.

    All known ones begin with ``prefix``, which alone makes no other name resemble them.
    """
    own = {name.removeprefix(prefix): name for name in known}
    found = []
    for name in sorted(set(names) - set(known)):
        rest = name.removeprefix(prefix)
        likely = own.get(_likely(rest, own) or "") if rest != name or not prefix else _likely(name, known, ALIKE_WHOLE)
        if likely is not None:
            found.append(f"{name} ({likely}?)")
    return found


def _likely(name: str, known: Collection[str], alike: float = ALIKE) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=alike)), None)
