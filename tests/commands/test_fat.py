"""The EFI system partition of a disc: a FAT that shares the disc's files, at their places on it.

What fsck.vfat and our reader find is compared with the ISO.
"""

import mmap
import os
import random
import shutil
import subprocess
import types

import pytest

from lib import esp, fat
from lib.fat_reader import Fat
from lib.iso9660 import BadDisc, Disc

MIB = 1 << 20
WHEN = 1767225600


def make_disc(folder, files):
    """An ISO with these files, {path: bytes or a size}, and room for a partition."""
    stage = folder / "stage"
    for path, content in {esp.LOADER: b"loader", "isolinux/isolinux.bin": b"boot", **files}.items():
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        with open(stage / path, "wb") as file:
            file.truncate(content) if isinstance(content, int) else file.write(content)
    sizes = {str(path.relative_to(stage)): path.stat().st_size
             for path in stage.rglob("*") if path.is_file()}  # fmt: skip
    with open(stage / esp.PARTITION, "wb") as file:
        file.truncate(esp.room(sizes))
    (folder / "sort").write_text(f"./{esp.PARTITION} 1\n")
    subprocess.run(
        ["genisoimage", "-quiet", "-r", "-D", "-iso-level", "3", "-no-pad", "-sort",
         folder / "sort", "-b", "isolinux/isolinux.bin", "-c", esp.CATALOGUE, "-no-emul-boot",
         "-boot-load-size", "4", "-o", folder / "x.iso", "."],
        cwd=stage, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "x.iso"


def write(iso):
    """Makes the partition; returns its layout, its files, and the files that it lacks."""
    with open(iso, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        disc = Disc(data)
        left_out = esp.write(disc, WHEN)
        esp.check(disc, left_out)
        place = next(file for file in disc.files() if file.path == esp.PARTITION)
        made = Fat(data, place.begin, disc.size)
        names = {file.path for file in made.files()}
        reserved = int.from_bytes(data[place.begin + 14 : place.begin + 16], "little")
        with open(f"{iso}.fat", "wb") as out:
            out.write(data[place.begin : disc.size])
    return types.SimpleNamespace(bits=made.bits, clusters=made.count, names=names,
                                 left_out=left_out, begin=place.begin,
                                 tables=place.begin + reserved * 512)  # fmt: skip


def fsck(iso):
    command = ["/usr/sbin/fsck.vfat", "-n", "-v", f"{iso}.fat"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("size, bits", [(1, 12), (33 * MIB, 16), (200 * MIB, 32)])
def test_each_size_of_disc_has_its_fat_and_fsck_finds_nothing(tmp_path, size, bits):
    iso = make_disc(tmp_path, {"large": size, "isolinux/isolinux.cfg": b"DEFAULT x\n"})
    made = write(iso)
    assert made.bits == bits
    assert made.names == {esp.LOADER, "isolinux/isolinux.bin", "isolinux/isolinux.cfg", "large"}
    said = fsck(iso)
    assert f"{bits} bit entries" in said and f"{made.clusters}/{made.clusters} clusters" in said


@pytest.mark.parametrize("limit", [4085, 65525])
def test_no_fat_has_so_many_clusters_that_drivers_disagree(tmp_path, limit):
    """Firmware and systems draw the line between two FATs a little differently."""
    for files in range(limit - 40, limit + 12, 5):
        sizes = {"EFI/BOOT/BOOTX64.EFI": 1, "large": files * fat.CLUSTER}
        room, used = fat.room_for(sizes) // fat.CLUSTER, files + 1
        for more in range(5):  # what the tool that made the ISO puts in between
            layout = fat.layout_for(fat.tree_of(sizes)[0], room, room + used + more)
            assert abs(layout.clusters - limit) >= 16
            assert layout.bits == fat.bits_of(layout.clusters)


def test_names_of_every_kind_are_found_again(tmp_path):
    names = ["README", "readme.txt", "Größe.dat", "a name, with spaces+[1].tar.gz", ".hidden",
             "x" * 120, "y" * 13, "y" * 26, "y" * 27, "😀.txt", "deep/er/and/deeper/file",
             *(f"many/module number {number}.bin" for number in range(200))]  # fmt: skip
    iso = make_disc(tmp_path, {name: name.encode() for name in names})
    made = write(iso)
    assert set(names) <= made.names and not made.left_out
    fsck(iso)


def test_what_a_fat_cannot_name_is_left_out_and_reported(tmp_path):
    bad = ["with:colon", "que?ry", "ends with a dot.", "space ", "SAME", "bad:dir/inner"]
    iso = make_disc(tmp_path, {name: b"1" for name in [*bad, "same", "good"]})
    made = write(iso)
    assert "good" in made.names
    assert ("SAME" in made.names) != ("same" in made.names)
    assert set(made.left_out) == set(bad) - made.names | {"same"} - made.names
    assert len(made.left_out) == len(bad)
    fsck(iso)


def test_an_empty_file_is_there(tmp_path):
    iso = make_disc(tmp_path, {"empty": b"", "full": b"1"})
    assert {"empty", "full"} <= write(iso).names
    fsck(iso)


def test_nothing_can_be_written_between_the_files(tmp_path):
    iso = make_disc(tmp_path, {"file": 5 * MIB})
    write(iso)
    if shutil.which("mdir") is None:
        pytest.skip("mtools is not installed")
    free = subprocess.run(["mdir", "-i", f"{iso}.fat", "::"], capture_output=True, text=True)
    if free.returncode == 0:
        assert "0 bytes free" in free.stdout


def test_random_trees_are_on_the_fat_as_on_the_disc(tmp_path):
    chance = random.Random(1)
    for number in range(12):
        files = {}
        for _ in range(chance.randrange(1, 40)):
            parts = ["".join(chance.choices("aB.c-é 7~_", k=chance.randrange(1, 30)))
                     .strip(". ") or "z" for _ in range(chance.randrange(1, 4))]  # fmt: skip
            path = "/".join(parts)
            if not any(f"{other}/".startswith(f"{path}/") or f"{path}/".startswith(f"{other}/")
                       for other in files):  # fmt: skip
                files[path] = chance.randbytes(chance.choice((0, 1, 2047, 2048, 2049, 30000)))
        folder = tmp_path / str(number)
        folder.mkdir()
        iso = make_disc(folder, files)
        made = write(iso)
        assert made.names | set(made.left_out) >= set(files)
        fsck(iso)


def change(iso, at, data):
    with open(iso, "r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.mark.parametrize(
    "where, told",
    [
        (lambda made, at: (at(esp.CATALOGUE) + 65, b"\0"), "no section for UEFI"),
        (lambda made, at: (at(esp.CATALOGUE) + 104, b"\0"), "does not name the EFI system"),
        (lambda made, at: (made.begin + 510, b"\0"), "no signature"),
        (lambda made, at: (made.begin + 11, b"\0\0"), "makes no sense"),
        (lambda made, at: (made.begin + 19, b"\xff\xff"), "larger than its place"),
        (lambda made, at: (made.begin + 22, b"\x09\0"), ""),
        (lambda made, at: (made.tables, b"\0"), "copies of the FAT are not the same"),
    ],
)
def test_a_damaged_way_in_is_noticed(tmp_path, where, told):
    iso = make_disc(tmp_path, {"file": b"1" * 10000})
    made = write(iso)
    disc = Disc(iso.read_bytes())
    places = {file.path: file.begin for file in disc.files()}
    change(iso, *where(made, places.__getitem__))
    with pytest.raises(BadDisc, match=told):
        esp.check(Disc(iso.read_bytes()), [])


def test_every_byte_of_a_fat_that_matters_is_checked(tmp_path):
    """Bits flipped in the FAT's tables and folders, except in dates, are noticed or leave every
    file where it is; the reader always ends."""
    iso = make_disc(tmp_path, {f"file {number}": b"1" * 5000 for number in range(5)})
    made = write(iso)
    whole = bytearray(iso.read_bytes())
    chance = random.Random(2)
    disc = Disc(bytes(whole))
    end = next(file.end for file in disc.files() if file.path == esp.PARTITION)
    noticed = 0
    for _ in range(300):
        at, bit = chance.randrange(made.begin, end), 1 << chance.randrange(8)
        whole[at] ^= bit
        try:
            esp.check(Disc(bytes(whole)), [])
        except BadDisc:
            noticed += 1
        whole[at] ^= bit
    assert noticed > 5


def test_a_disc_without_room_for_its_fat_is_refused(tmp_path):
    iso = make_disc(tmp_path, {"file": b"1"})
    os.truncate(tmp_path / "stage" / esp.PARTITION, 2048)
    subprocess.run(
        ["genisoimage", "-quiet", "-r", "-no-pad", "-sort", tmp_path / "sort", "-b",
         "isolinux/isolinux.bin", "-c", esp.CATALOGUE, "-no-emul-boot", "-o", iso, "."],
        cwd=tmp_path / "stage", check=True, capture_output=True,
    )  # fmt: skip
    with pytest.raises(BadDisc, match="no room for a FAT"):
        write(iso)
