# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that differ between hubs on one machine, so that they do not disturb each other."""

from __future__ import annotations

import pathlib

import jinja2
import yaml
from ansible.plugins.filter.core import get_hash

ROLE = pathlib.Path(__file__).parents[3] / "roles" / "hub"


def name(prefix: str) -> str:
    """Return what the role derives from ``hub_prefix``."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - no markup
    environment.filters["hash"] = get_hash
    derived = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["hub__name"]
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    return environment.from_string(derived).render(hub__prefix=prefix, hub__defaults=defaults)


def test_each_prefix_has_a_unit_and_a_front_of_its_own() -> None:
    names = [name(prefix) for prefix in ("/opt/sth", "/opt/a", "/srv/a")]
    assert names[0] == "sth-hub"
    assert len(set(names)) == 3
    variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
    assert "hub__name" in variables["hub__unit"]
    assert "hub__name" in variables["hub__front_file"]


def test_no_directory_that_changes_its_owner_is_where_a_program_can_put_a_link() -> None:
    """The role changes owners as root. Programs of a hub can replace all that is in the directories of its account."""
    variables = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
    assert variables["hub__data_directories"] == "{{ [hub__data_dir, hub__log_dir, hub__tmp_dir] | unique }}"
    assert variables["hub__tmp_dir"] == "{{ hub__prefix }}/tmp"
