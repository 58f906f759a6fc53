# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes packages that must never be sent to a hub, in the given directory."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import sys
import tarfile

ROOT = pathlib.Path(sys.argv[1])
SOUND = {"name": "bad", "version": "1.0.0", "main": "index.js", "engines": {"node": ">=16"}}


def directory(name: str, manifest: bytes, main: bool = True) -> None:
    """Make a package directory."""
    (ROOT / name).mkdir()
    (ROOT / name / "package.json").write_bytes(manifest)
    if main:
        (ROOT / name / "index.js").write_text("module.exports = () => {};\n")


def changed(**fields: object) -> bytes:
    """Return a valid manifest with ``fields`` changed. None removes a field."""
    return json.dumps({key: value for key, value in {**SOUND, **fields}.items() if value is not None}).encode()


def archive(prefix: str = "", extra: tarfile.TarInfo | None = None) -> bytes:
    """Return a tar archive of a valid package, with one more member."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, content in (("package.json", changed()), ("index.js", b"module.exports = () => {};\n")):
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        if extra is not None:
            tar.addfile(extra, io.BytesIO(b""))
    return target.getvalue()


def link_out() -> tarfile.TarInfo:
    """Return a symbolic link that leaves the root."""
    member = tarfile.TarInfo("link")
    member.type = tarfile.SYMTYPE
    member.linkname = "../../etc/passwd"
    return member


(ROOT / "no-manifest").mkdir()
(ROOT / "no-manifest" / "index.js").write_text("")
directory("two-engines", changed(engines={"node": ">=16", "python3": ">=3.8"}))
directory("no-main", changed(main=None))
directory("main-missing", changed(), main=False)
directory("bom", b"\xef\xbb\xbf" + changed())
directory("author-object", changed(author={"name": "A"}))
sound = gzip.compress(archive())
for name, content in {
    "npm-pack": gzip.compress(archive("package/")),
    "truncated": sound[: len(sound) // 2],
    "garbage": sound + b"garbage" * 100,
    "plain-tar": archive(),
    "escape": gzip.compress(archive(extra=tarfile.TarInfo("../escaped"))),
    "absolute": gzip.compress(archive(extra=tarfile.TarInfo("/etc/passwd"))),
    "link-out": gzip.compress(archive(extra=link_out())),
    "empty": b"",
}.items():
    (ROOT / f"{name}.tar.gz").write_bytes(content)
(ROOT / "made").touch()
