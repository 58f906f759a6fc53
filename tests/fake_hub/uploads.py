# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hub makes of an uploaded body (hub-contract section 3)."""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
import zlib
from typing import Any

# A body that tar gives up on kills the hub once it is too large for the pipe (trap 1).
DEADLY = 512 * 1024


class RefusedError(Exception):
    """The hub answers 422 with this ``error``."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class DeadlyError(Exception):
    """The hub dies of this body."""


def unpack(body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the listed config and the files of a package. Raises `RefusedError` or `DeadlyError`."""
    try:
        files = _files(body)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, zlib.error):
        if len(body) >= DEADLY:
            raise DeadlyError from None
        raise RefusedError({"code": "PRERUNNER_ERROR", "data": "Invalid pkg tar.gz archive"}) from None
    if "package.json" not in files:
        raise RefusedError({"errno": -2, "code": "ENOENT", "syscall": "open", "path": "/sequences/x/package.json"})
    try:
        # As text: a byte-order mark is no JSON.
        manifest = json.loads(files["package.json"].decode())
    except ValueError:
        raise RefusedError({}) from None
    return _config(manifest), files


def _files(body: bytes) -> dict[str, bytes]:
    if not body.startswith(b"\x1f\x8b"):
        raise ValueError("not gzip")
    # tar fails on garbage behind the stream, and this module of Python does not notice.
    stream = zlib.decompressobj(wbits=31)
    stream.decompress(body)
    if not stream.eof or stream.unused_data.strip(b"\0"):
        raise ValueError("cut off, or garbage behind it")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as tar:
        for member in tar:
            name = posixpath.normpath(member.name)
            if name.startswith(("/", "..")):
                raise ValueError("leaves the root")
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                found[name] = content.read()
    if not found:
        raise ValueError("empty")
    return found


def _config(manifest: Any) -> dict[str, Any]:
    for key in ("name", "version", "main"):
        value = manifest.get(key)
        if not isinstance(value, str) and (value is not None or key == "main"):
            shown = "undefined" if value is None else json.dumps(value)
            raise RefusedError(
                f'<SequencePackageJSON> decoder failed at key "{key}" with error: {shown} is not a valid string'
            )
    engines = manifest.get("engines", {})
    if not isinstance(engines, (dict, list)):
        raise RefusedError(
            '<SequencePackageJSON> decoder failed at key "engines" with error: '
            f"{json.dumps(engines)} is not a valid dictionary"
        )
    config = {
        "type": "process",
        "engines": engines,
        "entrypointPath": manifest["main"],
        "version": manifest.get("version", ""),
        "name": manifest.get("name", ""),
    }
    # Listed by 1.x only.
    for key in ("description", "author", "keywords", "args", "repository"):
        if key in manifest:
            config[key] = manifest[key]
    return config
