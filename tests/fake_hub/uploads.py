# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a hub handles an uploaded body (hub-behaviour.md#sequences)."""

from __future__ import annotations

import io
import json
import posixpath
import re
import tarfile
import zlib
from typing import Any

# If tar stops before the end of a body, and the rest does not fit into the pipe, the hub dies
# (hub-behaviour.md#unsound-body-kills-the-hub).
DEADLY = 512 * 1024
PIECE = 1024
# Fields of package.json that only 1.x lists.
MORE = ("description", "author", "keywords", "args", "repository")


class RefusedError(Exception):
    """The hub answers 422 with this ``error``."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class DeadlyError(Exception):
    """This body kills the hub."""


def unpack(body: bytes, directory: dict[str, bytes], strict: bool) -> dict[str, Any]:
    """Unpack over the files in ``directory``, and return the listed config.

    Raises `RefusedError` or `DeadlyError`. Files that could be unpacked are in the directory even then
    (hub-behaviour.md#ghost-sequences and hub-behaviour.md#refused-put-has-written).
    """
    plain, unread, whole = _decompressed(body)
    whole = _extract(plain, directory) and whole
    if not whole:
        if unread and len(body) >= DEADLY:
            raise DeadlyError
        raise RefusedError({"code": "PRERUNNER_ERROR", "data": "Invalid pkg tar.gz archive"})
    if "package.json" not in directory:
        raise RefusedError({"errno": -2, "code": "ENOENT", "syscall": "open", "path": "/sequences/x/package.json"})
    try:
        # Decode it first, because a byte-order mark is not valid JSON.
        manifest = json.loads(directory["package.json"].decode())
    except ValueError:
        raise RefusedError({}) from None
    return decode(manifest, strict)


def _decompressed(body: bytes) -> tuple[bytes, bool, bool]:
    """Return the decompressed data of a body, whether gzip stops before its end, and whether it is valid."""
    stream = zlib.decompressobj(wbits=31)
    found = bytearray()
    try:
        for at in range(0, len(body), PIECE):
            found += stream.decompress(body[at : at + PIECE])
            if stream.eof:
                rest = stream.unused_data + body[at + PIECE :]
                return bytes(found), bool(rest), not rest.strip(b"\0")
    except zlib.error:
        return bytes(found), True, False
    return bytes(found), False, False


def _extract(plain: bytes, directory: dict[str, bytes]) -> bool:
    """Unpack members (the last one may be incomplete); return whether tar succeeds."""
    content = True
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for member in tar:
                name = posixpath.normpath(_name(plain, member))
                if name.startswith(("/", "..")):
                    content = False
                elif member.isfile():
                    directory[name] = plain[member.offset_data : member.offset_data + member.size]
    except (tarfile.TarError, EOFError, ValueError):
        return False
    return content


def _name(plain: bytes, member: tarfile.TarInfo) -> str:
    """Return a member's name. In incremental archives, tarfile treats two times as a prefix of it."""
    header = plain[member.offset_data - 512 : member.offset_data]
    if header[257:265] == b"ustar  \0" and header[345:346].isdigit():
        return header[:100].partition(b"\0")[0].decode()
    return member.name


def decode(manifest: Any, strict: bool) -> dict[str, Any]:
    """Return the config that a hub lists for a package.json. Raises `RefusedError`."""
    if not isinstance(manifest, dict):
        raise RefusedError({})
    # For the decoders of all hubs, null is as if the key were missing.
    manifest = {key: value for key, value in manifest.items() if value is not None}
    for key in ("name", "version", "main"):
        if key in manifest or key == "main":
            _text(manifest.get(key), key)
    engines = manifest.get("engines", {})
    if isinstance(engines, list):
        engines = {str(index): item for index, item in enumerate(engines)}
    if not isinstance(engines, dict):
        raise _wrong("engines", f"{json.dumps(engines)} is not a valid dictionary")
    for name, value in engines.items():
        if not isinstance(value, str):
            problem = f'<EnginesDecoder> dictionary decoder failed at key "{name}" with error: '
            raise _wrong("engines", f"{problem}{json.dumps(value)} is not a valid string")
    _check_ports(manifest)
    if strict:
        for key in ("author", "description"):
            if key in manifest:
                _text(manifest[key], key)
        for key in ("keywords", "args"):
            if not isinstance(manifest.get(key, []), list):
                raise _wrong(key, f"{json.dumps(manifest[key])} is not a valid array")
    config = {
        "type": "process",
        "engines": engines,
        "entrypointPath": manifest["main"],
        "version": manifest.get("version", ""),
        "name": manifest.get("name", ""),
    }
    for key in MORE:
        if key in manifest:
            config[key] = manifest[key]
    return config


def _text(value: Any, key: str) -> None:
    if not isinstance(value, str):
        shown = "undefined" if value is None else json.dumps(value, separators=(",", ":"))
        raise _wrong(key, f"{shown} is not a valid string")


def _check_ports(manifest: dict[str, Any]) -> None:
    ports = manifest.get("scramjet", {}).get("config", {}).get("ports", [])
    for index, port in enumerate(ports):
        if not re.match(r"\d+/(tcp|udp)\Z", str(port)):
            where = '<ScramjetSectionDecoder> decoder failed at key "config" with error: '
            where += '<ConfigDecoder> decoder failed at key "ports" with error: '
            where += f'<PortsDecoder> decoder failed at index "{index}" with error: '
            raise _wrong("scramjet", f"{where}Invalid port format")


def _wrong(key: str, problem: str) -> RefusedError:
    return RefusedError(f'<SequencePackageJSON> decoder failed at key "{key}" with error: {problem}')
