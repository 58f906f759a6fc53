# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validates and packs for ``sth_package``. Does not talk to a hub."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, refuse_empty
from ansible_collections.scramjet.sth.plugins.module_utils.model.options import Options
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package
from ansible_collections.scramjet.sth.plugins.module_utils.package.packing import write_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.journal import Action
from ansible_collections.scramjet.sth.plugins.module_utils.run.local_file import refuse_special, replacing, sha256_of
from ansible_collections.scramjet.sth.plugins.module_utils.run.package_source import described_package
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Result, Run
from ansible_collections.scramjet.sth.plugins.module_utils.sequence.plan import wanted_record

# Stands in a diff for the SHA-256 of an archive whose package is not built yet.
UNKNOWN = "not known before it is built"


@dataclass(frozen=True, repr=False, eq=False)
class ArchiveOptions(Options):
    """The options of ``sth_package``."""

    src: str
    dest: str | None
    build: str | None
    exclude: list[str]
    secret_files: Literal["warn", "fail", "ignore"]
    _package: dict[str, Any] | None


def reconcile(run: Run, options: ArchiveOptions) -> Result:
    """Return ``package`` and the diff for the file at ``dest``. In check mode, the package may not be built yet."""
    refuse_empty("name a file", dest=options.dest)
    if options._package:
        package = described_package(options.src, options._package)
    else:
        package = read_package(options.src, exclude=options.exclude, secret_files=options.secret_files)
    run.warnings.extend(package.warnings)
    dest = options.dest
    if dest is None:
        return {"package": _package_view(package, None)}
    # Before it is read, which might never end.
    refuse_special("dest", dest)
    # In check mode, the directory may be missing, because an earlier task would create it.
    if os.path.isdir(dest) or not (run.check_mode or os.path.isdir(os.path.dirname(os.path.abspath(dest)))):
        raise SthError(
            "INVALID_OPTION",
            f"dest {dest} is not a file in a directory that exists: set the name of a file, and create its directory first.",
        )
    root = os.path.realpath(package.source)
    if package.kind == "directory" and os.path.commonpath([root, os.path.realpath(dest)]) == root:
        raise SthError(
            "INVALID_OPTION", f"dest {dest} is inside src, so the package would contain itself: set a dest outside src."
        )
    before, after = _sha256_of(dest), _sha256_packed(package) if package.digest else UNKNOWN
    if before != after:
        reason = f"{'it is not the archive of' if before else 'there is no archive of'} {wanted_record(package).ref}"
        action = Action("write", f"file {dest}", reason)
        run.journal.plan((action,))
        if not run.check_mode:
            with run.journal.doing(action), replacing(dest, mode=0o644) as file:
                write_package(package, file, reproducible=True)
    return {
        "package": _package_view(package, dest),
        "diff": {"before": {"sha256": before}, "after": {"sha256": after}, "before_header": dest, "after_header": dest},
    }


def _package_view(package: Package, path: str | None) -> dict[str, Any]:
    is_known = bool(package.digest)
    return {
        "name": package.name,
        "version": package.version,
        "digest": package.digest or None,
        "ref": wanted_record(package).ref,
        "path": path,
        "files": package.files if is_known else None,
        "size": package.size if is_known else None,
    }


def _sha256_packed(package: Package) -> str:
    with open(os.devnull, "wb") as nowhere:
        return write_package(package, nowhere, reproducible=True)


def _sha256_of(path: str) -> str | None:
    try:
        return sha256_of(path).hex()
    except FileNotFoundError:
        return None
