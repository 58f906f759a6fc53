# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies of recorded requests. Those that were too large to be kept are made again."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import random
import tarfile
from typing import Any

RECORDINGS = pathlib.Path(__file__).parent / "recordings"
# What was in the packages that were cut off.
CUT_OFF = {
    "first 150000 bytes of a valid package (package.json comes first)": {"name": "ghost", "version": "9.9.9"},
    "truncated 3.0.0": {"version": "3.0.0"},
}
PACKAGE = {"name": "probe-seq", "version": "1.0.0", "main": "index.js", "engines": {"node": ">=14"}}


def content(body: dict[str, Any]) -> bytes:
    """Return what a recording describes, but for JSON: text, or bytes."""
    if body["kind"] == "text" and "head" in body:
        head = str(body["head"])
        return (head + "a" * (int(body["length"]) - len(head) - 3) + '"}}').encode()
    if body["kind"] == "text":
        return str(body.get("text", body.get("value", ""))).encode()
    if "stored_as" in body:
        return (RECORDINGS / str(body["stored_as"])).read_bytes()
    return _made(body)


def _made(body: dict[str, Any]) -> bytes:
    """Return a body like one that was not kept: noise, or a package filled up with it, perhaps cut off."""
    noise = random.Random(0).randbytes(int(body["length"]))
    if "noise" in body["description"]:
        return noise
    manifest = body.get("package_json") or {**PACKAGE, **CUT_OFF[body["description"]]}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        files = {"package.json": json.dumps(manifest).encode(), "index.js": b"// run", "blob.bin": noise}
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    if body["description"].startswith("tar package"):
        return gzip.decompress(packed.getvalue())
    return packed.getvalue() if body.get("package_json") else packed.getvalue()[: body["length"]]
