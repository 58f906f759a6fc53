# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller side of a module whose ``src`` is a package: build it, find it, describe it, copy it to the target.

Only the action plugins of such modules import this, because importing all that reads packages takes as long as a short task.
Source: architecture.md#packages.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import (
    describe,
    describe_copy,
    describe_unbuilt,
)
from ansible_collections.scramjet.sth.plugins.module_utils.secrets.invocation import secrets_of, shown_command
from ansible_collections.scramjet.sth.plugins.module_utils.task.specs import PACKAGE
from ansible_collections.scramjet.sth.plugins.plugin_utils.hub_action import HubAction, is_true
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.build import build, place_of_build
from ansible_collections.scramjet.sth.plugins.plugin_utils.package.uploads_file import (
    Files,
    changed_files,
    keep_files,
    kept_files,
)
from ansible_collections.scramjet.sth.plugins.plugin_utils.project_files import working_directory


class PackageAction(HubAction):
    """See `HubAction`. ``src`` names a package."""

    # The option whose value a package without a name gets as its name.
    package_name: ClassVar[str | None] = None
    # The package that this attempt of the task has read on the controller, for a module on another machine.
    _package: Package | None = None

    def _place_files(self, arguments: dict[str, Any]) -> None:
        super()._place_files(arguments)
        self._package = self._place_package(arguments)
        # A job in the background cannot ask for the package later, so copy it now.
        if self._package and self._task.async_val:
            arguments["_package"] = self._bring(self._package)
        if self.task.talks_to_hub and not self._task.async_val:
            arguments["_files"] = True

    def _execute(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        result = super()._execute(arguments, variables)
        # The module has read the package, unless it is one on the controller for another machine.
        files = result.pop("_files", None)
        if files:
            self._add_file_names(files["ref"], files["digests"], result)
        elif self._package and result.get("changed"):
            self._add_file_names(self._package.ref, self._package.file_digests, result)
        return result

    def _run_module(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        result = super()._run_module(arguments, variables)
        if self._package and result.get("error_code") == "PACKAGE_NEEDED":
            result = super()._run_module({**arguments, "_package": self._bring(self._package)}, variables)
        return result

    def _place_package(self, arguments: dict[str, Any]) -> Package | None:
        """Find ``src`` as ansible.builtin.copy does. For a task on another machine, read the package, describe and return it."""
        if not arguments.get("src"):
            return None
        asked = "build" in self.task.options and arguments.get("build") not in (None, "")
        if asked and arguments.get("state") != "rolled_back":
            self._place_build(arguments)
            if "_package" in arguments:
                return None
        if is_true(arguments.get("remote_src")):
            return None
        if self._task_runs_here():
            arguments["src"] = self._find_package(arguments["src"])
            return None
        # A module that does not talk to a hub works on files where the task runs.
        if not self.task.talks_to_hub:
            return None
        options = {name: arguments[name] for name in PACKAGE if name in arguments}
        validated = ArgumentSpecValidator(PACKAGE).validate(options)
        if validated.error_messages:
            # The module reports this, together with all other errors.
            return None
        arguments["src"] = self._find_package(arguments["src"])
        options = validated.validated_parameters
        name = arguments.get(self.package_name) if self.package_name else None
        package = read_package(
            arguments["src"],
            exclude=options["exclude"],
            compare=options["compare"],
            secret_files=options["secret_files"],
            name=None if name is None else str(name),
            digest=self._wanted_digest(arguments),
        )
        arguments["_package"] = describe(package)
        return package

    def _wanted_digest(self, _arguments: Mapping[str, Any]) -> str | None:
        """Return the first hex digits of the digest that the package must have; None for any."""
        return None

    def _place_build(self, arguments: dict[str, Any]) -> None:
        """Replace ``src`` by the result of the command in ``build``. If the command does not run now, only describe the package."""
        if is_true(arguments.get("remote_src")):
            raise SthError(
                "INVALID_OPTION", "build runs on the controller: leave out remote_src, or build on the target before."
            )
        if not (self.task.talks_to_hub or self._task_runs_here()):
            raise SthError(
                "INVALID_OPTION",
                "build runs on the controller, as the user who runs Ansible: delegate the task to localhost, without become.",
            )
        source, command = self._find_package(arguments["src"]), str(arguments["build"])
        if not os.path.isdir(source):
            raise SthError(
                "INVALID_OPTION", f"src {source} is not a directory, so nothing can be built in it: leave out build."
            )
        dest = os.path.expandvars(os.path.expanduser(str(arguments.get("dest") or "")))
        written = os.path.realpath(os.path.join(working_directory(self._loader, self._task), dest))
        if dest and os.path.commonpath([written, os.path.realpath(source)]) == os.path.realpath(source):
            raise SthError(
                "INVALID_OPTION",
                f"dest {dest} is inside src, so the archive would be one of the sources of the next build: set a dest outside src.",
            )
        place = place_of_build(source, command)
        if not os.path.isdir(place):
            if self._task.check_mode or arguments.get("state") == "absent":
                guess = (
                    "assumes that the package differs from the one on the hub"
                    if self.task.talks_to_hub
                    else "cannot check the package, and assumes that its archive is not there yet"
                )
                said = (
                    f"{source} was not built since its content changed, and check mode does not build. So check mode {guess}.",
                )
                name = arguments.get(self.package_name) if self.package_name else None
                compare = str(arguments.get("compare") or "content")
                # The version is known without a build.
                unknown = self._task.check_mode and compare == "content"
                arguments["_package"] = describe_unbuilt(source, place, compare, name, said if unknown else ())
                return
            environment = self._keyword_environment()
            self._say(f"build {source}: {shown_command(command, arguments)}")
            build(source, command, place, environment, secrets_of(arguments, environment))
        arguments["src"] = place

    def _add_file_names(self, ref: str, digests: Files, result: Mapping[str, Any]) -> None:
        """If the diff says only that the package differs, name the files that differ. Keep those of an uploaded package for later."""
        diff: Any = result.get("diff")
        shown = diff["after"] if isinstance(diff, Mapping) and isinstance(diff.get("after"), dict) else {}
        replaced = _refs(diff["before"]) if "package" in shown and ref in _refs(shown) else []
        # If several packages of this name are replaced, there is no single one to compare with.
        before = kept_files(replaced[0]) if len(replaced) == 1 else None
        if before:
            # If no file differs, keep the text that says that the content differs.
            shown["package"] = changed_files(before, digests) or shown["package"]
        if any(item["action"] in ("upload", "overwrite") and item["done"] for item in result.get("actions") or ()):
            keep_files(ref, digests)

    def _bring(self, package: Package) -> dict[str, Any]:
        """Pack ``package``, copy the archive to the target and return its description for the module there."""
        with tempfile.NamedTemporaryFile(prefix="sth-", suffix=".tar.gz") as packed:
            sha256 = write_package(package, packed)
            packed.flush()
            return describe_copy(package, self._copied(packed.name, "package.tar.gz"), sha256)

    def _find_package(self, path: str) -> str:
        return self._find(path, "src", "INVALID_PACKAGE", may_be_remote="remote_src" in self.task.options)


def _refs(side: Mapping[str, Any]) -> list[str]:
    """Return which packages one side of a diff has: that of a deployment, or the sequences of one name."""
    sequences = side.get("sequences") or ([{"ref": side["sequence"]}] if side.get("sequence") else [])
    return [str(item["ref"]) for item in sequences]
