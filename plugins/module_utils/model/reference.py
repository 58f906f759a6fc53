# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References to sequences: an id, ``name``, ``name@version``, ``name@sha256:<hex>`` or ``name@current``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.current import current_sequences
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import HUB_ID, Inventory, SequenceRecord
from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import stamp_version

# Stands for the version in force, in the place of a version.
CURRENT = "current"
_DIGEST = re.compile(r"sha256:([0-9a-f]{7,64})\Z")


@dataclass(frozen=True)
class SequenceReference:
    """The parts of a reference. ``version`` or ``digest`` (the first hex digits) narrow ``name``."""

    text: str
    name: str
    version: str | None = None
    digest: str | None = None

    def matches(self, record: SequenceRecord) -> bool:
        """Whether ``record`` has this name, version and digest. Ids are not compared."""
        return (
            record.name == self.name
            and (self.version is None or record.version == self.version)
            and (self.digest is None or (record.digest or "").startswith(self.digest))
        )


def parse_version(text: str) -> tuple[str | None, str | None]:
    """Split the part after ``@`` into (author's version, digest prefix). One of them is None."""
    return (None, parse_digest(text)) if text.startswith("sha256:") else (text, None)


def parse_digest(text: str) -> str:
    """Return the hex digits of ``sha256:<7 to 64 hex digits>``. Raises ``INVALID_OPTION``."""
    match = _DIGEST.match(text)
    if not match:
        raise SthError("INVALID_OPTION", f"{text!r} is not a valid digest: write sha256: and 7 to 64 hex digits.")
    return match.group(1)


def split_reference(text: str) -> tuple[str, str | None]:
    """Split ``name@version`` at its last ``@``. The version is None if there is none. The first character may be the @ of a scope."""
    name, at, version = text[1:].rpartition("@")
    return (text[:1] + name, version) if at else (text, None)


def parse_reference(text: str | None) -> SequenceReference:
    """Parse a reference. Raises ``INVALID_OPTION`` for an empty one, which does not mean "not set"."""
    if not text or not text.strip():
        raise SthError("INVALID_OPTION", "The reference to a sequence is empty: set a ref, a name or an id.")
    name, version = split_reference(text)
    if version is None:
        return SequenceReference(text, text)
    if not version:
        raise SthError("INVALID_OPTION", f"{text!r} ends with @: add a version or digest after the @, or remove the @.")
    author, digest = parse_version(version)
    return SequenceReference(text, name, author, digest)


def find_sequences(reference: SequenceReference, inventory: Inventory) -> list[SequenceRecord]:
    """Return every sequence that the reference matches.

    A match by id wins over matches by name. A package whose version is literally ``current`` wins over the version in force.
    """
    by_id = [record for record in inventory.sequences if record.id == reference.text]
    found = by_id or [record for record in inventory.sequences if reference.matches(record)]
    if not found and reference.version == CURRENT:
        found = current_sequences(reference.name, inventory)
    return sorted(found, key=lambda item: (item.ref, item.id))


def resolve_sequence(reference: SequenceReference, inventory: Inventory, *, hub: str, assume: bool) -> SequenceRecord:
    """Return the one sequence that the reference matches.

    ``assume`` (check mode): assume that an earlier task uploads a sequence that is missing. Its record has the id "".
    Raises ``NOT_FOUND`` or ``AMBIGUOUS``. Copies with the same content count as one.
    """
    found = find_sequences(reference, inventory)
    if len({record.digest or record.id for record in found}) > 1:
        listed = ", ".join(f"{record.ref} ({record.id})" for record in found)
        advice = "Use the ref of one of them"
        if reference.version is None and reference.digest is None:
            advice += f", or {reference.name}@{CURRENT} for the one in force"
        raise SthError("AMBIGUOUS", f"{reference.text!r} matches {len(found)} sequences on {hub}: {listed}. {advice}.")
    if found:
        return found[0]
    if assume and not HUB_ID.match(reference.text):
        version = (reference.version or "") if reference.version != CURRENT else ""
        full = reference.digest.ljust(64, "0") if reference.digest else None
        return SequenceRecord("", reference.name, stamp_version(version or "0.0.0", full) if full else version)
    raise SthError(
        "NOT_FOUND",
        f"No sequence {reference.text!r} on {hub}: upload it with sth_sequence, or list what is there with "
        "sth_sequence_info.",
    )
