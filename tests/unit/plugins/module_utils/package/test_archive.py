# Copyright (c) 2026 scramjet.sth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that are refused, among them every kind of damaged one."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.scramjet.sth.plugins.module_utils.errors import SthError
from ansible_collections.scramjet.sth.plugins.module_utils.package.reading import read_package
from ansible_collections.scramjet.sth.tests.unit.plugins.module_utils.package.support import (
    MANIFEST,
    MakeArchive,
    Regzip,
    refused,
)


def member(name: str, kind: bytes, linkname: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, linkname
    return info, b""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"text", "neither a directory nor a gzip-compressed tar"),
        (b"PK\x03\x04" + bytes(300), "neither a directory nor a gzip-compressed tar"),
        (gzip.compress(b"", mtime=0), "does not contain a valid tar archive"),
        (gzip.compress(b"text", mtime=0), "does not contain a valid tar archive"),
        (gzip.compress(b"text" * 1000, mtime=0), "does not contain a valid tar archive"),
        (gzip.compress(bytes(10240), mtime=0), "no package.json at its root"),
        (b"\x1f\x8b\x08", "truncated"),
        (b"\x1f\x8b\x07\x00" + bytes(20), "not a complete, undamaged gzip file"),
    ],
)
def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "package.tar.gz"
    path.write_bytes(content)
    assert said in refused(path)


def test_an_uncompressed_archive_is_named_as_such(make_archive: MakeArchive, tmp_path: Path) -> None:
    plain = tmp_path / "package.tar"
    plain.write_bytes(gzip.decompress(make_archive().read_bytes()))
    assert "an uncompressed tar archive; compress it" in refused(plain)


def test_the_prefix_of_npm_pack_is_named(make_archive: MakeArchive) -> None:
    assert "only in package/, where npm pack puts it" in refused(
        make_archive(("package/package.json", b"{}"), ("package/index.js", b""), manifest=None)
    )


def test_a_directory_around_the_package_is_named(make_archive: MakeArchive) -> None:
    assert "only 'app/package.json'" in refused(make_archive(("app/package.json", b"{}"), manifest=None))


@pytest.mark.parametrize("name", ["/etc/cron.d/x", "../x", "lib/../../x", "lib/../x"])
def test_members_outside_the_package_are_refused(make_archive: MakeArchive, name: str) -> None:
    assert f"{name!r} lies outside the package" in refused(make_archive((name, b"x")))


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128, "/".join(["d" * 200] * 21)])
def test_names_that_no_hub_can_unpack_are_refused(make_archive: MakeArchive, name: str) -> None:
    assert "longer than file systems take" in refused(make_archive((name, b"x")))


def test_a_link_whose_target_no_hub_can_make_is_refused(make_archive: MakeArchive) -> None:
    target = "/".join(["d" * 200] * 21)
    assert "longer than file systems take" in refused(make_archive(member("link", tarfile.SYMTYPE, target)))


def test_the_longest_valid_name_is_accepted(make_archive: MakeArchive) -> None:
    assert read_package(str(make_archive(("x" * 255, b"x")))).files == 3


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "lib/../../x", "link"])
def test_links_that_leave_the_package_are_refused(make_archive: MakeArchive, target: str) -> None:
    assert "points outside the package" in refused(make_archive(member("link", tarfile.SYMTYPE, target)))


def test_a_member_below_a_link_is_refused(make_archive: MakeArchive) -> None:
    """Extracting it would write through the link."""
    archive = make_archive(("lib/a", b""), member("link", tarfile.SYMTYPE, "lib"), ("link/b", b""))
    assert "'link/b' lies below 'link', which is not a directory" in refused(archive)


def test_a_path_with_two_types_is_refused(make_archive: MakeArchive) -> None:
    assert "contains 'a' twice" in refused(make_archive(("a", b""), member("a", tarfile.SYMTYPE, "index.js")))
    assert "contains 'b' twice" in refused(make_archive(("b", b""), member("b", tarfile.DIRTYPE)))


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"M", b"Z"])
def test_special_files_in_an_archive_are_refused(make_archive: MakeArchive, kind: bytes) -> None:
    assert "'odd' is a device, a pipe or another special file" in refused(make_archive(member("odd", kind)))


@pytest.mark.parametrize("target", ["gone", "later", "link"])
def test_hard_links_to_later_members_are_refused(make_archive: MakeArchive, target: str) -> None:
    archive = make_archive(
        member("link", tarfile.SYMTYPE, "index.js"), member("hard", tarfile.LNKTYPE, target), ("later", b"")
    )
    assert "'hard' is a hard link" in refused(archive)


def with_checksum(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def test_names_that_are_not_utf_8_are_refused(make_archive: MakeArchive, regzip: Regzip) -> None:
    archive = make_archive(("caf_.txt", b""), format=tarfile.USTAR_FORMAT)

    def rename(tar: bytes) -> bytes:
        start = tar.index(b"caf_.txt")
        header = bytearray(tar[start : start + 512].replace(b"_", b"\xe9"))
        return tar[:start] + with_checksum(header) + tar[start + 512 :]

    assert "not UTF-8" in refused(regzip(archive, rename))


def test_anything_behind_the_archive_is_refused(make_archive: MakeArchive, regzip: Regzip) -> None:
    archive = make_archive()
    assert "there is data after the end" in refused(regzip(archive, lambda tar: tar + b"x"))
    archive.write_bytes(archive.read_bytes() + b"garbage" * 100_000)
    assert "not a complete, undamaged gzip file" in refused(archive)


def test_a_broken_header_is_not_mistaken_for_the_end(make_archive: MakeArchive, regzip: Regzip) -> None:
    """tarfile ends there without a word; the hub's tar fails, and a large upload takes the hub with it."""
    archive = make_archive(("later", b"x"))
    assert "valid tar archive" in refused(regzip(archive, lambda tar: tar.replace(b"later", b"1ater")))


@pytest.mark.parametrize("there", [b"14242424242\0", b"some/directory"])
def test_names_of_incremental_archives_are_not_misread(make_archive: MakeArchive, regzip: Regzip, there: bytes) -> None:
    """Where other tars have the beginning of a name, GNU tar has times; tarfile takes them for one."""
    archive = make_archive(("a", b""), format=tarfile.GNU_FORMAT)

    def put_there(tar: bytes) -> bytes:
        header = bytearray(tar[:512])
        header[345 : 345 + len(there)] = there
        return with_checksum(header) + tar[512:]

    changed = regzip(archive, put_there)
    if there.startswith(b"1"):
        assert read_package(str(changed)).digest == read_package(str(archive)).digest
    else:
        assert "a name prefix that its format does not allow" in refused(changed)


def test_names_without_magic_are_not_misread(make_archive: MakeArchive, regzip: Regzip) -> None:
    """tarfile reads this field as the beginning of the name, GNU tar does not."""
    archive = make_archive(("a", b""), format=tarfile.USTAR_FORMAT)

    def as_in_1979(tar: bytes) -> bytes:
        header = bytearray(tar[:512])
        header[257:265] = bytes(8)
        header[345:348] = b"lib"
        return with_checksum(header) + tar[512:]

    assert "a name prefix that its format does not allow" in refused(regzip(archive, as_in_1979))


def pax_header(records: bytes, kind: bytes = tarfile.XHDTYPE) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo("pax")
    info.type = kind
    return info, records


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([pax_header(b"13 path=other")], "a PAX header is damaged"),
        ([pax_header(b"99 path=other\n")], "a PAX header is damaged"),
        ([pax_header(b"12 com\0ent=x\n")], "a PAX header is damaged"),
        ([pax_header(b"12 mtime=1x\n")], "a number that some tar programs cannot read"),
        ([pax_header(b"9 uid=-1\n")], "a number that some tar programs cannot read"),
        ([("lib/", b"x")], "'lib/' has no name"),
        ([("lib/.", b"x")], "'lib/.' has no name"),
        ([pax_header(b"14 path=other\n" * 2 + b"no record")], "a PAX header is damaged"),
        ([pax_header(b"14 path=other\n"), pax_header(b"15 path=others\n")], "two headers set the same field"),
        (
            [pax_header(b"14 path=other\n"), (member("x", tarfile.GNUTYPE_LONGNAME)[0], b"x\0")],
            "two headers set the same field",
        ),
        ([pax_header(b"14 path=other\n", tarfile.XGLTYPE)], "a global PAX header sets a path or a size"),
        ([pax_header(b"10 size=x\n")], "impossible size"),
        ([pax_header(b"29 size=99999999999999999999\n")], "impossible size"),
    ],
)
def test_headers_that_programs_read_differently_are_refused(
    make_archive: MakeArchive, members: list[tuple[tarfile.TarInfo, bytes]], said: str
) -> None:
    assert said in refused(make_archive(*members, ("last", b"")))


def test_a_header_without_its_member_is_refused(make_archive: MakeArchive) -> None:
    assert "the last header has no member" in refused(make_archive(pax_header(b"14 path=other\n")))


def test_a_size_above_8_gb_or_any_other_can_be_in_a_pax_header(make_archive: MakeArchive, regzip: Regzip) -> None:
    archive = make_archive(pax_header(b"9 size=1\n"), ("later", b"x"), ("last", b""))

    def forget_size(tar: bytes) -> bytes:
        start = tar.index(b"later")
        header = bytearray(tar[start : start + 512])
        header[124:136] = b"0" * 11 + b"\0"
        return tar[:start] + with_checksum(header) + tar[start + 512 :]

    package = read_package(str(regzip(archive, forget_size)))
    assert {entry.path: entry.size for entry in package.entries}["later"] == 1


def test_large_headers_do_not_fill_the_memory(make_archive: MakeArchive) -> None:
    huge = tarfile.TarInfo("huge")
    huge.type = tarfile.XHDTYPE
    assert "impossible size" in refused(make_archive((huge, b"11 comment=x\n" * 100_000)))


def test_several_gzip_members_are_one_archive(make_archive: MakeArchive, tmp_path: Path) -> None:
    """As pigz and cat make them, and gzip reads them; zeros behind them are padding."""
    whole = make_archive()
    tar = gzip.decompress(whole.read_bytes())
    split = tmp_path / "split.tar.gz"
    split.write_bytes(gzip.compress(tar[:700]) + gzip.compress(tar[700:]) + bytes(512))
    assert read_package(str(split)).digest == read_package(str(whole)).digest


def test_an_archive_without_end_mark_is_whole(make_archive: MakeArchive, regzip: Regzip) -> None:
    archive = make_archive()
    bare = regzip(archive, lambda tar: tar.rstrip(b"\0") + bytes(-len(tar.rstrip(b"\0")) % 512))
    assert read_package(str(bare)).digest == read_package(str(archive)).digest


def test_global_headers_do_not_count_as_members(make_archive: MakeArchive, regzip: Regzip) -> None:
    """As git archive writes them."""
    archive = make_archive()
    comment = tarfile.TarInfo.create_pax_global_header({"comment": "c" * 40})
    assert read_package(str(regzip(archive, lambda tar: comment + tar))).digest == read_package(str(archive)).digest


def test_exclude_does_not_apply_and_says_so(make_archive: MakeArchive) -> None:
    archive = make_archive(("notes.txt", b""))
    package = read_package(str(archive), exclude=["*.txt"])
    assert "notes.txt" in [entry.path for entry in package.entries]
    assert "exclude applies to directories only" in package.warnings[0]


def test_secrets_in_an_archive_are_named(make_archive: MakeArchive) -> None:
    assert ".env" in refused(make_archive((".env", b"")), secret_files="fail")


SOUND = io.BytesIO()
with tarfile.open(fileobj=SOUND, mode="w:gz", compresslevel=1) as _tar:
    for _name, _content in [
        ("package.json", json.dumps(MANIFEST).encode()),
        ("index.js", b"x"),
        ("n" * 150, b"y" * 600),
    ]:
        _info = tarfile.TarInfo(_name)
        _info.size = len(_content)
        _tar.addfile(_info, io.BytesIO(_content))
SOUND_BYTES = SOUND.getvalue()
SOUND_TAR = gzip.decompress(SOUND_BYTES)


def headers(tar: bytes) -> list[int]:
    """Where each header of a sound archive begins, those that say something of another included."""
    return [at for at in range(0, len(tar), 512) if tar[at + 257 : at + 262] == b"ustar"]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_each_header_is_checked(make_archive: MakeArchive, tmp_path: Path, form: int) -> None:
    """On whatever Python: each is refused where its group number is one that some tar programs cannot read, though the checksum is right."""
    # In two parts, so that ustar can hold it; the other formats give it a header of its own.
    archive = make_archive((f"{'d' * 90}/{'n' * 90}", b"y"), format=form)
    tar = gzip.decompress(archive.read_bytes())
    assert len(headers(tar)) == (3 if form == tarfile.USTAR_FORMAT else 4)
    for at in headers(tar):
        header = bytearray(tar[at : at + 512])
        header[116:124] = b"+000000\0"
        broken = tmp_path / "broken.tar.gz"
        broken.write_bytes(gzip.compress(tar[:at] + with_checksum(header) + tar[at + 512 :]))
        assert "a number that some tar programs cannot read" in refused(broken)


@pytest.mark.parametrize(
    ("field", "sound"),
    [
        (b"\xff" * 12, True),
        (b"\x80\0\0\0" + b"\x7f" * 8, True),
        (b"\x80\0\0\0" + b"\xff" * 8, False),
        (b"\xfe" + b"\xff" * 11, False),
        (b"\x80\1" + bytes(10), False),
    ],
)
def test_times_that_tar_cannot_hold_are_refused(
    make_archive: MakeArchive, regzip: Regzip, field: bytes, sound: bool
) -> None:
    """GNU tar unpacks them and ends with an error, which is a 422 of the hub."""

    def give_time(tar: bytes) -> bytes:
        header = bytearray(tar[:512])
        header[136:148] = field
        return with_checksum(header) + tar[512:]

    changed = regzip(make_archive(), give_time)
    if sound:
        read_package(str(changed))
    else:
        assert "a number that some tar programs cannot read" in refused(changed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0, len(SOUND_BYTES) - 1))
def test_every_truncation_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "package.tar.gz"
    path.write_bytes(SOUND_BYTES[:length])
    refused(path)


# A few bits mean nothing: the time in gzip's header, say, or what fills the last byte of the compressed data.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0, len(SOUND_BYTES) - 1), st.integers(1, 255))
def test_no_flipped_byte_changes_what_is_read(tmp_path: Path, at: int, flip: int) -> None:
    sound, damaged = tmp_path / "sound.tar.gz", tmp_path / "damaged.tar.gz"
    sound.write_bytes(SOUND_BYTES)
    damaged.write_bytes(SOUND_BYTES[:at] + bytes([SOUND_BYTES[at] ^ flip]) + SOUND_BYTES[at + 1 :])
    with contextlib.suppress(SthError):
        assert read_package(str(damaged)).digest == read_package(str(sound)).digest


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, len(SOUND_TAR) - 1), st.integers(0, 255)), min_size=1, max_size=3), st.booleans()
)
def test_every_tar_stream_is_read_or_refused(
    tmp_path: Path, changes: list[tuple[int, int]], correct_sums: bool
) -> None:
    tar = bytearray(SOUND_TAR)
    for at, value in changes:
        tar[at] = value
        start = at - at % 512
        if correct_sums:
            tar[start + 148 : start + 156] = b" " * 8
            tar[start + 148 : start + 156] = b"%06o\0 " % sum(tar[start : start + 512])
    path = tmp_path / "package.tar.gz"
    path.write_bytes(gzip.compress(bytes(tar), 1))
    # Whatever else it raised would be a crash.
    with contextlib.suppress(SthError):
        read_package(str(path))
