# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what runs on a hub for ``sth_export``, and writes it as the text of a file of variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.scramjet.sth.plugins.module_utils.errors import refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.export.elements import Exported, export
from ansible_collections.scramjet.sth.plugins.module_utils.export.placeholders import Placeholders
from ansible_collections.scramjet.sth.plugins.module_utils.export.yaml_text import comment, yaml_lines
from ansible_collections.scramjet.sth.plugins.module_utils.lifecycle.observing import ask_silent_again, observe
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.model.records import Inventory
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run


@dataclass(frozen=True, repr=False, eq=False)
class ExportOptions(Options):
    """The options of ``sth_export``."""

    dest: str
    secret_keys: list[str]


def reconcile(run: Run, options: ExportOptions) -> Result:
    """Return ``content``, ``variables`` and ``counts``. The action plugin gets the values of the secrets, and writes the files."""
    refuse_empty("name a directory", dest=options.dest)
    inventory = ask_silent_again(run.hub, observe(run.hub, lambda found: bool(found.instances)))
    run.hide(inventory.instances)
    placeholders = Placeholders(run.masker)
    exported = export(inventory, placeholders, options.secret_keys)
    for note in exported.notes:
        run.note(note)
    run.kept_back = placeholders.values
    return {
        "content": "\n".join(_lines_of_file(run, inventory, exported, placeholders)) + "\n",
        "variables": sorted(placeholders.values),
        "counts": {
            "deployments": len(exported.deployments),
            "instances": len(exported.instances),
            "sequences": len(inventory.sequences),
        },
    }


def _lines_of_file(run: Run, inventory: Inventory, exported: Exported, placeholders: Placeholders) -> Iterable[str]:
    yield comment(
        f"What ran on {run.hub.api_url}, version {run.hub.version().version}, as scramjet.sth.export has found it."
    )
    yield comment(
        "To see what applying it would change: ansible-playbook scramjet.sth.apply -e @<this file> --check --diff"
    )
    yield "#"
    yield comment(
        "Packages on the hub. They are not in this file, because a hub does not return them. If you have the source, set src instead of sequence."
    )
    for item in sorted(inventory.sequences, key=lambda found: (found.name, found.hub_version, found.id)):
        users = ", ".join(dict.fromkeys(exported.used.get(item.id, ()))) or "nothing"
        yield comment(f"- {item.ref} (version {item.version or 'unknown'}): used by {users}")
    if placeholders.values:
        yield "#"
        yield comment("The values of these variables are secrets, and are not in this file:")
        yield from (comment(f"- {name}") for name in sorted(placeholders.values))
    if exported.notes:
        yield "#"
        yield from (comment(note) for note in exported.notes)
    yield "---"
    yield from yaml_lines({"deployment_list": exported.deployments, "sth_instances": exported.instances})
