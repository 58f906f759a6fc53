# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a tar stream, one after the other. What archives are refused for is in test_archive."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.package.tar_members import TarMember, TarMembers


def tar(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, target, mode
    return made


def read_all(data: bytes, size: int = 7) -> list[tuple[TarMember, bytes]]:
    members = TarMembers(io.BytesIO(data))
    return [(member, b"".join(iter(lambda: members.read(size), b""))) for member in members]


@given(
    st.dictionaries(
        st.text("abż/", min_size=1, max_size=200).map(lambda name: f"x{name}x"), st.binary(max_size=1100), max_size=4
    )
)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_members_of_all_kinds_are_read(form: int, files: dict[str, bytes]) -> None:
    data = tar(*((info(name), content) for name, content in files.items()), form=form)
    found = read_all(data)
    assert [(member.name, content) for member, content in found] == list(files.items())
    for member, content in found:
        assert (member.kind, member.size) == ("file", len(content))
        assert data[member.offset : member.offset + member.size] == content


@pytest.mark.parametrize(
    ("member", "kind", "target"),
    [
        (info("a", tarfile.DIRTYPE), "directory", ""),
        (info("a", tarfile.SYMTYPE, "b"), "symlink", "b"),
        (info("a", tarfile.SYMTYPE, "b" * 200), "symlink", "b" * 200),
        (info("a", tarfile.LNKTYPE, "b"), "hardlink", "b"),
        (info("a", tarfile.FIFOTYPE), "other", ""),
        (info("a", tarfile.CONTTYPE), "file", ""),
        (info("a/", tarfile.AREGTYPE), "directory", ""),
    ],
)
def test_the_type_of_a_member(member: tarfile.TarInfo, kind: str, target: str) -> None:
    ((found, _content),) = read_all(tar((member, b"")))
    assert (found.name.rstrip("/"), found.kind, found.target) == ("a", kind, target)


@pytest.mark.parametrize(("mode", "executable"), [(0o644, False), (0o755, True), (0o611, False), (0o700, True)])
def test_a_file_is_executable_if_its_owner_may_execute_it(mode: int, executable: bool) -> None:
    ((found, _content),) = read_all(tar((info("a", mode=mode), b"x")))
    assert found.executable is executable


def test_leaving_content_of_a_member_unread_is_an_error() -> None:
    members = iter(TarMembers(io.BytesIO(tar((info("a"), b"x"), (info("b"), b"")))))
    next(members)
    with pytest.raises(ValueError, match="not read"):
        next(members)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:300],
        lambda data: data[:600],
        lambda data: data[:100] + b"9" + data[101:],
        lambda data: b"z" + data[1:],
    ],
    ids=["empty", "in a header", "in a file", "a number", "a checksum"],
)
def test_truncated_and_damaged_archives_are_refused(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(tarfile.ReadError):
        read_all(spoil(tar((info("a"), b"x" * 400))))
