# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the source of a package once and validates it, before anything is sent."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections.abc import Sequence
from typing import Literal

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.model.version_stamp import split_version, stamp_version
from ansible_collections.scramjet.sth.plugins.module_utils.package.archive import read_archive
from ansible_collections.scramjet.sth.plugins.module_utils.package.archives import archive_with_digest, archives_in
from ansible_collections.scramjet.sth.plugins.module_utils.package.contents import MANIFEST, Contents
from ansible_collections.scramjet.sth.plugins.module_utils.package.directory import IGNORE_FILE, read_directory
from ansible_collections.scramjet.sth.plugins.module_utils.package.entries import content_digest, resolve
from ansible_collections.scramjet.sth.plugins.module_utils.package.manifest import Manifest
from ansible_collections.scramjet.sth.plugins.module_utils.package.model import Package, refusal
from ansible_collections.scramjet.sth.plugins.module_utils.package.secret_files import is_secret_file

# How many files a message names.
MOST_NAMED = 20
_REQUIREMENTS = "requirements.txt"


def read_package(
    source: str | None,
    *,
    exclude: Sequence[str] = (),
    compare: Literal["content", "version"] = "content",
    secret_files: Literal["warn", "fail", "ignore"] = "warn",
    name: str | None = None,
    digest: str | None = None,
) -> Package:
    """Read, validate and digest a package directory or ``.tar.gz``.

    ``exclude`` are gitignore patterns, which override ``.siignore``; both apply to directories only. ``name`` is written into a
    ``package.json`` without a name, except with compare: version, which changes no byte. ``digest`` picks one archive if ``source``
    is a directory of archives. Raises ``INVALID_PACKAGE`` for a package that a hub could not handle, and ``INVALID_OPTION`` if
    ``source`` is empty. Large files need no more memory than small ones.
    """
    if not source:
        raise SthError("INVALID_OPTION", "src is empty: name the directory or the archive of the package.")
    if digest and archives_in(source):
        # The search ignores secret files. secret_files applies to the archive that was found, when it is read below.
        source = archive_with_digest(source, digest, lambda path: read_package(path, secret_files="ignore").digest)
    if os.path.isdir(source):
        contents = read_directory(source, exclude)
    elif os.path.isfile(source):
        contents = read_archive(source)
    else:
        problem = "it is neither a file nor a directory" if os.path.lexists(source) else "it does not exist"
        raise refusal(source, f"{problem}; correct the path")
    contents.settle()
    manifest = Manifest(source, _manifest_bytes(contents), name if compare == "content" else None)
    _refuse_missing_main(contents, manifest)
    warnings = [*contents.warnings, *_main_warnings(contents, manifest), *_engine_warnings(contents, manifest)]
    warnings += _secret_warnings(contents, secret_files)
    if exclude and os.path.isfile(source):
        warnings.append(
            "exclude applies to directories only: everything in the archive is part of the package; leave out exclude"
        )
    return _as_package(contents, manifest, compare, tuple(f"{source}: {warning}." for warning in warnings))


def _as_package(
    contents: Contents, manifest: Manifest, compare: Literal["content", "version"], warnings: tuple[str, ...]
) -> Package:
    plain = manifest.plain()
    found = contents.entries[MANIFEST]
    counted = {**contents.entries, MANIFEST: found._replace(payload=hashlib.sha256(plain).digest(), size=len(plain))}
    digest = content_digest(counted.values())
    hub_version = stamp_version(manifest.version, digest) if compare == "content" else manifest.version
    packed = manifest.stamped(digest) if compare == "content" else contents.manifest or b""
    return Package(
        source=contents.source,
        kind="directory" if os.path.isdir(contents.source) else "archive",
        compare=compare,
        name=manifest.name,
        version=split_version(hub_version)[0],
        digest=digest,
        hub_version=hub_version,
        engine=manifest.engine,
        files=sum(entry.is_file for entry in counted.values()),
        size=sum(entry.size for entry in counted.values()),
        warnings=warnings,
        entries=tuple(sorted(contents.entries.values())),
        manifest=packed,
        checksums=contents.checksums,
        newer_main=_newer_main(contents, manifest),
        as_it_is=contents.checksums is not None and packed == contents.manifest,
    )


def _manifest_bytes(contents: Contents) -> bytes:
    entry = contents.entries.get(MANIFEST)
    if entry and not entry.is_file:
        raise refusal(contents.source, f"{MANIFEST} is a link or directory; put the file itself there")
    if contents.manifest is None:
        raise refusal(contents.source, f"there is no {MANIFEST} at its root{_where_manifest_is(contents)}")
    return contents.manifest


def _where_manifest_is(contents: Contents) -> str:
    if "package/package.json" in contents.entries:
        return ", only in package/, where npm pack puts it and no hub looks for it; unpack the archive and set src to the directory package/"
    nested = [path for path in contents.entries if path.count("/") == 1 and path.endswith(f"/{MANIFEST}")]
    if nested:
        return f", only {nested[0]!r}; pack the content of that directory, not the directory itself"
    if archives_in(contents.source):
        return "; it holds archives: name one of them, or its digest with sth_deployment"
    return _if_left_out(contents, MANIFEST) or "; add one with at least name and main"


def _if_left_out(contents: Contents, path: str) -> str:
    if os.path.isdir(contents.source) and os.path.lexists(os.path.join(contents.source, path)):
        return f": {IGNORE_FILE} or exclude leaves it out; change the pattern ({IGNORE_FILE}: !x leaves out all but x)"
    return ""


def _refuse_missing_main(contents: Contents, manifest: Manifest) -> None:
    """Refuse a main file that no hub can start. A 0.18 hub would never answer the start, and keep a zombie.

    Source: hub-behaviour.md#start-never-answered.
    """
    wanted = _started_file(manifest)
    if not _is_file(contents, wanted) and not _newer_main(contents, manifest):
        ending = _if_left_out(contents, wanted) or f" (looked for {wanted!r}); build it, or correct main"
        raise refusal(contents.source, f"the main file {manifest.main!r} of its {MANIFEST} is missing{ending}")


def _main_path(manifest: Manifest) -> str:
    """Return the path of main as the hub computes it with path.join: always relative to the package."""
    main = manifest.main or ""
    return posixpath.normpath(f"./{main}") + ("/" if main.endswith("/") else "")


def _started_file(manifest: Manifest) -> str:
    """Return the file that hubs before 2.0 start.

    The runners of 0.18 and 1.x remove the match of ``/.js$/``, whose dot matches any character, and append ``.js``. So for
    ``index.mjs`` they look for ``index..js``.
    """
    path = _main_path(manifest)
    return path if manifest.engine == "python3" else re.sub(r".js\Z", "", path) + ".js"


def _newer_main(contents: Contents, manifest: Manifest) -> str:
    """Return main if only hubs from 2.0 on can start it, "" otherwise."""
    path = _main_path(manifest)
    if (
        manifest.engine == "python3"
        or not path.endswith((".mjs", ".ts"))
        or _is_file(contents, _started_file(manifest))
    ):
        return ""
    return path if _is_file(contents, path) else ""


def _main_warnings(contents: Contents, manifest: Manifest) -> list[str]:
    newer = _newer_main(contents, manifest)
    return (
        [f"only hubs from 2.0 on can start main {newer!r}; for older ones, compile it to a .js file"] if newer else []
    )


def _is_file(contents: Contents, path: str) -> bool:
    where = None if path.endswith("/") else resolve(contents.entries, path)
    entry = contents.entries.get(where) if where else None
    return bool(entry and entry.is_file)


def _engine_warnings(contents: Contents, manifest: Manifest) -> list[str]:
    warnings = []
    unknown = sorted(set(manifest.engines) - {"node", "python3"})
    if unknown == ["0"]:
        warnings.append("engines is a list, so hubs always run the package with Node.js; make it a mapping")
    elif unknown:
        warnings.append(
            f"hubs do not know the engine {unknown[0]!r}, and run such a package with Node.js; use node or python3"
        )
    bundled = any(path.startswith("node_modules/") for path in contents.entries)
    if manifest.engine == "node" and manifest.has_dependencies and not bundled:
        warnings.append(
            f"{MANIFEST} names dependencies but there is no node_modules: nothing is installed on the hub; run npm install, or set "
            "build, or remove the dependencies if the program does not need them"
        )
    required = contents.entries.get(_REQUIREMENTS)
    bundled = any(path.startswith("__pypackages__/") for path in contents.entries)
    if manifest.engine == "python3" and required and required.size and not bundled:
        warnings.append(
            f"there is {_REQUIREMENTS} but no __pypackages__: nothing is installed on the hub; run pip install -t "
            f"__pypackages__ -r {_REQUIREMENTS}, or remove it if the hub's Python has all that is needed"
        )
    return warnings


def _secret_warnings(contents: Contents, secret_files: Literal["warn", "fail", "ignore"]) -> list[str]:
    by_name = {entry.path for entry in contents.entries.values() if entry.is_file and is_secret_file(entry.path)}
    found = sorted(by_name.union(contents.secrets))
    if secret_files == "ignore" or not found:
        return []
    named = ", ".join(found[:MOST_NAMED])
    if len(found) > MOST_NAMED:
        named += f" and {len(found) - MOST_NAMED} more"
    problem = f"these files look like secrets: {named}; leave them out with {IGNORE_FILE} or exclude"
    if secret_files == "fail":
        raise refusal(contents.source, f"{problem}, or set secret_files")
    return [problem]
