# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the package of a task on the machine where the task runs, or takes its description from the controller.

If the package is on the controller, the action plugin reads it there and passes only its description to the module, in the hidden
argument ``_package``. If the module has to upload the package, it fails with ``PACKAGE_NEEDED`` before it writes anything. The
action plugin then packs the package, copies the archive and runs the module again, with ``path`` and ``sha256`` in ``_package``.
Source: architecture.md#two-entrances.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError, given
from ansible_collections.scramjet.sth.plugins.module_utils.hub.hub_client import HubClient
from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import NO_VERSION, UNBUILT
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST, READ_SIZE
from ansible_collections.scramjet.sth.plugins.module_utils.package.manifest import Manifest
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, PackageOptions, refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.plugins.module_utils.package.verifying import Checksums
from ansible_collections.scramjet.sth.plugins.module_utils.run.run import Run

# The fields of a package in its description. They include its warnings, which the module shows together with its own.
_DESCRIBED = (
    "kind",
    "compare",
    "name",
    "version",
    "digest",
    "hub_version",
    "engine",
    "files",
    "size",
    "warnings",
    "newer_main",
)


def read_source(run: Run, options: PackageOptions, name: str | None = None, digest: str | None = None) -> Package:
    """Return the package that the options of `specs.PACKAGE` name. A package without a name gets ``name``.

    ``digest``: picks one archive of a directory of archives.
    """
    if options._package:
        package = described_package(given(options.src), options._package)
    else:
        package = run.package = read_package(
            options.src,
            exclude=options.exclude,
            compare=options.compare,
            secret_files=options.secret_files,
            name=name,
            digest=digest,
        )
    run.warnings.extend(package.warnings)
    return package


def describe_unbuilt(source: str, place: str, compare: str, name: str | None, said: Sequence[str]) -> dict[str, Any]:
    """Return ``_package`` for a package that would be built from ``source``. Its content is unknown.

    ``place``: where the result of the same command with the same content would be kept. ``said``: warnings.
    """
    try:
        with open(os.path.join(source, MANIFEST), "rb") as file:
            manifest = Manifest(source, file.read(), name if compare == "content" else None)
    except OSError as error:
        raise refusal(
            source, f"{MANIFEST} cannot be read ({error.strerror}); add one with at least name and main"
        ) from None
    version = manifest.version or NO_VERSION
    build = hashlib.sha256(place.encode()).hexdigest()[:12]
    return {
        "kind": "directory",
        "compare": compare,
        "name": manifest.name,
        "version": manifest.version,
        "digest": "",
        # No sequence on a hub has this version, so the package counts as changed. Only a later task of the play that builds the
        # same finds it.
        "hub_version": f"{version}{UNBUILT}.{build}" if compare == "content" else manifest.version,
        "engine": manifest.engine,
        "files": 0,
        "size": 0,
        "warnings": list(said),
        "newer_main": "",
    }


def need_content(options: PackageOptions) -> None:
    """Raise ``PACKAGE_NEEDED`` if the content of the package is on the controller. Call it before the first write."""
    described = options._package
    if described and not described.get("path"):
        raise SthError("PACKAGE_NEEDED", "The package is on the controller and has to be copied to the target.")


def refuse_newer_main(hub: HubClient, package: Package) -> None:
    """Refuse a package that the hub could not start. A 0.18 hub would never answer the start, and keep a zombie.

    Source: hub-behaviour.md#start-never-answered.
    """
    if not package.newer_main:
        return
    version = hub.version().version
    major = version.partition(".")[0]
    if major.isdigit() and int(major) < 2:
        raise SthError(
            "UNSUPPORTED_BY_HUB",
            f"{package.ref} cannot be started on {hub.api_url}, a {version} hub: its main {package.newer_main!r} is not a .js "
            "file, which hubs before 2.0 need: compile it, and set main to the .js file.",
        )


def describe(package: Package) -> dict[str, Any]:
    """Return ``_package`` for a package that stays on the controller."""
    return {key: getattr(package, key) for key in _DESCRIBED}


def describe_copy(package: Package, path: str, sha256: str) -> dict[str, Any]:
    """Return ``_package`` for a package whose archive, ready to be uploaded, was copied to ``path`` on the target."""
    return {**describe(package), "kind": "archive", "path": path, "sha256": sha256}


def described_package(source: str, described: Mapping[str, Any]) -> Package:
    """Return the package that ``_package`` describes. If its content is unknown, its digest is ""."""
    facts = {key: described[key] for key in _DESCRIBED}
    facts["warnings"] = tuple(facts["warnings"])
    return Package(
        source=described.get("path") or source,
        entries=(),
        manifest=b"",
        checksums=_checksums(described["path"], described["sha256"]) if "path" in described else None,
        as_it_is="path" in described,
        **facts,
    )


def _checksums(path: str, sha256: str) -> tuple[int, ...]:
    """Return the checksums of the archive at ``path``. Raises ``INVALID_PACKAGE`` if it differs from that on the controller."""
    digest = hashlib.sha256()
    sums = Checksums()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(READ_SIZE), b""):
            digest.update(piece)
            sums.add(piece)
    if digest.hexdigest() != sha256:
        raise refusal(path, "it was damaged while it was copied from the controller; run the task again")
    return sums.result()
