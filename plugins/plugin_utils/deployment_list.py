# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and validates the list of deployments of the role C(deployment).

This is Python code, because Ansible would evaluate expressions in a role again for every option of every element.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import Spec
from ansible_collections.scramjet.sth.plugins.plugin_utils.known_names import misspelt_names, unknown_names
from ansible_collections.scramjet.sth.plugins.plugin_utils.text_values import list_from, mapping_from

VARIABLES = (
    "deployment_list",
    "deployment_defaults",
    "deployment_fail_on_drift",
    "deployment_report",
    "deployment_result",
    "deployment_weight",
)
# If these options are text, only line ends separate the items.
ONLY_LINES = ("args",)
# A line with a name. Any other line is probably from YAML or JSON with a mistake in it.
NAME = re.compile(r"[\w.][\w. @/+-]*")
# If these are empty, they do not mean "not set": the module refuses them.
NOT_EMPTY = ("sequence", "digest")
# The options of which one says which package a deployment runs. If one has a value, the other may be empty.
_PACKAGES = ("src", "sequence")
HIDDEN = "The value is not shown, because it may be secret."


@dataclass(frozen=True)
class Listing:
    """The evaluated variables of the role. ``elements`` and ``defaults`` may be YAML or JSON text of a list and of a mapping.

    ``elements`` may also be a list of names, or text with one name on each line. ``considered``: the options to use, None for all; others
    are ignored. ``imposed``: options that override those of an element.
    """

    elements: Any
    defaults: Any
    considered: Collection[str] | None
    imposed: Mapping[str, Any]


def wanted_deployments(listing: Listing, spec: Spec) -> dict[str, dict[str, Any]]:
    """Return the options of the module for each deployment, by name, without those that are not set. Raises ``INVALID_OPTION``.

    ``spec``: the options that an element may have. Names that begin with an underscore are internal and not allowed.
    """
    elements = list(_elements(listing))
    options = sorted(name for name in spec if not name.startswith("_"))
    unknown = unknown_names((str(name) for element in elements for name in element), options)
    if unknown:
        raise SthError(
            "INVALID_OPTION",
            f"deployment_list may contain only options of sth_deployment, and no connection options, which roles do not pass on. Remove: {', '.join(unknown)}.",
        )
    wanted: dict[str, dict[str, Any]] = {}
    for number, element in enumerate(elements):
        name = element.get("name")
        if name in (None, ""):
            raise SthError(
                "INVALID_OPTION",
                f"Every element of deployment_list needs a name of its own: element {number + 1} has none.",
            )
        if str(name) in wanted:
            raise SthError(
                "INVALID_OPTION", f"Every element of deployment_list needs a name of its own: {name} is used twice."
            )
        wanted[str(name)] = _options(element, listing, spec)
    return wanted


def refuse_misspelt(given: Iterable[str]) -> None:
    """Refuse a variable whose name is nearly that of a variable of the role. ``given``: the names of all variables.

    Other variables with this prefix may belong to the user, such as ``deployment_environment``.
    """
    # Names with two underscores are internal variables of the role. The first letter is hardly ever wrong, and few variables have it.
    named = (name for name in given if name.startswith("d") and "__" not in name)
    misspelt = misspelt_names(named, VARIABLES, "deployment_")
    if misspelt:
        raise SthError(
            "INVALID_OPTION", f"The role deployment has no variable {', '.join(misspelt)}: correct the name."
        )


def require_boolean(name: str, value: Any) -> bool:
    """Return a boolean, which may be text. Empty text means "not set". Raises ``INVALID_OPTION`` for anything else."""
    try:
        return bool(boolean(value if value not in ("", None) else False))
    except TypeError:
        raise SthError("INVALID_OPTION", f"{name} must be a boolean, such as true or false.") from None


def _elements(listing: Listing) -> Iterable[dict[str, Any]]:
    elements, defaults = _elements_of_names(list_from(listing.elements or [])), mapping_from(listing.defaults or {})
    if not isinstance(elements, list) or not all(isinstance(item, Mapping) for item in (defaults, *elements)):
        raise SthError(
            "INVALID_OPTION",
            "deployment_list must be a list of mappings and deployment_defaults a mapping, or YAML or JSON text of them; "
            f"deployment_list can also have just a name on each line. {HIDDEN}",
        )
    if not elements:
        raise SthError("INVALID_OPTION", "deployment_list is empty or not set: list at least one deployment.")
    return ({**defaults, **element} for element in elements)


def _elements_of_names(elements: Any) -> Any:
    """Return an element for each name if ``elements`` is a list of names. Anything else is returned unchanged."""
    if not isinstance(elements, list) or not all(isinstance(item, str) for item in elements):
        return elements
    names = [item.strip() for item in elements if item.strip()]
    return [{"name": name} for name in names] if all(map(NAME.fullmatch, names)) else elements


def _options(element: Mapping[str, Any], listing: Listing, spec: Spec) -> dict[str, Any]:
    considered = spec if listing.considered is None else listing.considered
    given = {name: value for name, value in {**element, **listing.imposed}.items() if name in considered}
    blank = [name for name, value in given.items() if value in ("", None)]
    if any(name in given and name not in blank for name in _PACKAGES):
        not_set = {*blank} - {"digest"}
    else:
        not_set = {*blank} - {*NOT_EMPTY}
        if "src" in blank and given.get("state") in (None, "", "present"):
            # The deployment would silently keep the version that runs.
            raise SthError(
                "INVALID_OPTION",
                f"src of the deployment {element['name']} is empty: check that the variable it refers to is set, or leave src out to keep "
                "the version that runs.",
            )
    return {
        name: _typed(value, name, spec[name], str(element["name"]))
        for name, value in given.items()
        if name not in not_set
    }


def _typed(value: Any, name: str, spec: Mapping[str, Any], deployment: str) -> Any:
    """Return ``value``. Text for an option that is a list or a mapping is parsed. Raises ``INVALID_OPTION``."""
    if not isinstance(value, str) or spec["type"] not in ("dict", "list"):
        return value
    if spec["type"] == "list" and spec["elements"] != "dict":
        return list_from(value, commas=name not in ONLY_LINES)
    parsed, what = (mapping_from(value), "a mapping")
    if spec["type"] == "list":
        parsed, what = (list_from(value), "a list of mappings")
    if not all(isinstance(item, Mapping) for item in (parsed if isinstance(parsed, list) else [parsed])):
        raise SthError(
            "INVALID_OPTION",
            f"{name} of the deployment {deployment} must be {what}, or YAML or JSON text of one. {HIDDEN}",
        )
    return parsed
