"""What is on the disc, and that it is complete or does not exist."""

import gzip
import hashlib
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import time

import pytest

import images
from projects import Image, same

from lib import disc, tree
from lib.project import Stop

KIB = 1024
OURS = {"isolinux.bin", "ldlinux.c32", "isolinux.cfg", "longjump.c32", "kernel.elf", "boot.cat"}
UEFI = {"/EFI", "/EFI/BOOT", "/EFI/BOOT/BOOTX64.EFI", "/isolinux/efi.img"}


def test_the_disc_holds_what_it_takes_and_no_more(make_image, project):
    image = make_image()
    wanted = {"/isolinux"} | {f"/isolinux/{name}" for name in OURS} | UEFI
    own = {"/" + str(path.relative_to(project.root / "iso"))
           for path in (project.root / "iso").rglob("*") if path.name != ".gitkeep"}  # fmt: skip
    assert image.files("-R") == wanted | own
    assert image.files("-J") == wanted | own


def test_the_disc_is_small(make_image):
    image = make_image()
    assert image.number(16 * 2048 + 80) * 2048 < 800 * KIB
    assert len(image.data) == 1024 * KIB, "isohybrid pads to whole cylinders"


def test_the_disc_boots_as_a_cd(make_image):
    image = make_image()
    assert image.about("Bootid") == "88 (bootable)"
    assert image.about("Boot media") == "0 (No Emulation Boot)"
    assert image.about("Nsect") == "4"
    begin = int(image.about("Bootoff").split()[1])
    boot = image.read("/isolinux/isolinux.bin")
    words = struct.unpack(f"<{len(boot[64:]) // 4}I", boot[64:])
    assert struct.unpack_from("<4I", boot, 8) == (16, begin, len(boot), sum(words) % 2**32)


def test_the_disc_boots_as_a_disk(make_image):
    image = make_image()
    assert image.data[510:512] == b"\x55\xaa"
    assert (image.data[446], image.data[450]) == (0x80, 0x17)
    assert (image.data[462], image.data[466]) == (0, 0xEF)
    first, second = image.number(454), image.number(470)
    assert first == 0 and image.number(458) == second, "one ends where the other begins"
    assert (second + image.number(474)) * 512 == len(image.data)
    assert not any(image.data[478:510]), "there are two partitions"
    assert image.data[512:520] != b"EFI PART"


def test_uefi_finds_its_partition_on_a_cd_and_on_a_disk(make_image):
    image = make_image()
    catalogue = image.number(17 * 2048 + 0x47) * 2048
    section = image.data[catalogue + 64 : catalogue + 128]
    assert section[:4] == b"\x91\xef\1\0" and section[32:34] == b"\x88\0"
    begin, count = image.number(catalogue + 104) * 4, image.number(catalogue + 102, "<H")
    assert begin == image.number(470), "the catalogue and the partition table agree"
    assert begin + count == image.number(16 * 2048 + 80) * 4, "it goes to the volume's end"
    names = ("kernel.elf", "isolinux.cfg", "longjump.c32")
    for name in (*(f"isolinux/{name}" for name in names), "EFI/BOOT/BOOTX64.EFI"):
        data = image.read(f"/{name}")
        assert image.data.count(data) == 1, f"{name} is on the disc once"


def test_uefi_can_be_left_out(make_image):
    image = make_image("--bios-only")
    assert not UEFI & image.files("-R")
    assert image.number(458) * 512 == len(image.data)
    assert not any(image.data[462:510]), "there is one partition"
    assert image.number(16 * 2048 + 80) * 2048 < 600 * KIB


def test_a_name_that_uefi_cannot_have_is_reported(project, tmp_path):
    module = tmp_path / "with:colon"
    module.write_text("x")
    told = project.good("image", "--output", tmp_path / "x.iso", "--module", module)
    assert "under UEFI there is no isolinux/with:colon" in told
    told = project.good("image", "--output", tmp_path / "y.iso", "--module", module, "--bios-only")
    assert "UEFI" not in told


def test_a_file_too_large_for_a_fat_is_refused(project, tmp_path):
    with open(tmp_path / "large.img", "wb") as file:
        file.truncate(1 << 32)
    told = project.bad(
        "image", "--no-check", "--output", tmp_path / "x.iso", "--module", tmp_path / "large.img"
    )
    assert "large.img has 4294967296 bytes; UEFI reads files of at most 4294967295" in told
    assert "--bios-only" in told


def test_the_kernel_loses_its_debug_sections_and_keeps_its_symbols(make_image, project, tmp_path):
    original = project.root / "build/kernel.elf"
    image = make_image()
    before = original.read_bytes()
    packed = tmp_path / "packed.elf"
    packed.write_bytes(image.read("/isolinux/kernel.elf"))
    sections = subprocess.run(["readelf", "-SW", packed], capture_output=True, text=True).stdout
    assert ".symtab" in sections and ".debug" not in sections
    assert before.count(b".debug_info") and same(original, before)


def test_debug_sections_stay_if_wanted(make_image, kernel):
    program = kernel("hlt")
    packed = make_image("--kernel", program, "--keep-debug").read("/isolinux/kernel.elf")
    assert same(packed, program)


def test_a_kernel_that_is_given_its_own_file_keeps_its_debug_sections(make_image, kernel):
    program = kernel("hlt", "dq 0xc7b1dd30df4c8b88, 0x0a82e883a194f07b",
                     "dq 0xad97e90e83f1ed67, 0x31eb5d1c5ff23b69, 0, 0")  # fmt: skip
    assert b".debug_line" in program.read_bytes()
    assert same(make_image("--kernel", program).read("/isolinux/kernel.elf"), program)


@pytest.mark.parametrize("damage", ["machine", "offset", "memsz", "short", "empty", "gzip", "text"])
def test_a_kernel_that_objcopy_would_mend_is_packed_as_it_is(make_image, kernel, damage):
    program = kernel("hlt")
    data = bytearray(program.read_bytes())
    if damage == "machine":
        data[18] = 3
    elif damage == "offset":
        data[64 + 56 + 8] ^= 1
    elif damage == "memsz":
        data[64 + 56 + 40 : 64 + 56 + 48] = bytes(8)
    elif damage == "short":
        del data[100:]
    elif damage == "empty":
        data.clear()
    elif damage == "gzip":
        data = gzip.compress(data)
    elif damage == "text":
        data = b"not a kernel\n"
    program.write_bytes(data)
    image = make_image("--no-check", "--kernel", program)
    assert same(image.read("/isolinux/kernel.elf"), program)


@pytest.mark.xdist_group("copy")
def test_files_in_iso_are_copied_to_the_disc(copy, tmp_path):
    folder = copy.root / "iso"
    (folder / "deep/er").mkdir(parents=True)
    names = ["initrd.img", "a long name, with spaces.txt", "deep/er/Größe", "UPPER.TXT", "empty"]
    try:
        for name in names:
            (folder / name).write_bytes(b"" if name == "empty" else name.encode() * 1000)
        copy.good("image", "--output", tmp_path / "x.iso")
        image = Image(tmp_path / "x.iso")
        for name in names:
            wanted = (folder / name).read_bytes()
            assert image.read("/" + name, "-R") == wanted
            if name.isascii():
                assert image.read("/" + name, "-J") == wanted
        assert not any(".gitkeep" in name for name in image.files())
    finally:
        subprocess.run(["rm", "-rf", *(folder / name.split("/")[0] for name in names)])


@pytest.mark.xdist_group("copy")
def test_each_folder_of_iso_is_on_the_disc_once(copy, tmp_path):
    """Links that lead back, and links that double the number of paths at each level, come to an
    end."""
    folder = copy.root / "iso/links"
    (folder / "real").mkdir(parents=True)
    (folder / "real/file").write_text("here")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("there")
    links = {"one": ".", "two": ".", "a-real": "real", "out": outside, "lost": "nowhere"}
    for level in range(40):
        (folder / f"level{level}").mkdir()
        for side in "ab":
            (folder / f"level{level}/{side}").symlink_to(f"../level{level + 1}")
    for name, target in links.items():
        (folder / name).symlink_to(target)
    try:
        said = copy.good("image", "--output", tmp_path / "x.iso", timeout=120)
    finally:
        subprocess.run(["rm", "-rf", folder])
    for remark in ("links/one leads to links", "links/two leads to links",
                   "links/a-real leads to links/real", "links/level0/a leads to links/level1",
                   "links/lost is left out"):  # fmt: skip
        assert f"  note     iso/{remark}" in said
    image = Image(tmp_path / "x.iso")
    assert image.read("/links/real/file") == b"here" and image.read("/links/out/file") == b"there"


def test_a_folder_of_iso_that_cannot_be_read_is_reported(tmp_path, monkeypatch):
    def listdir(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(tree.os, "listdir", listdir)
    with pytest.raises(Stop, match="iso: Permission denied"):
        disc.from_iso_folder()


@pytest.mark.xdist_group("copy")
def test_iso_cannot_replace_what_build_sh_puts_there(copy, tmp_path):
    folder = copy.root / "iso/isolinux"
    folder.mkdir()
    try:
        (folder / "kernel.elf").write_text("mine")
        assert "iso/isolinux/kernel.elf is in the way" in copy.bad(
            "image", "--output", tmp_path / "x.iso"
        )
    finally:
        subprocess.run(["rm", "-rf", folder])


def config_line(image):
    lines = image.read("/isolinux/isolinux.cfg").decode().splitlines()
    return next(line.strip() for line in lines if "APPEND" in line and "#" not in line)


def test_what_is_asked_for_is_in_isolinux_cfg(make_image, kernel, tmp_path):
    first, second = tmp_path / "initrd.img", tmp_path / "with:colon"
    first.write_text("one")
    second.write_text("two")
    image = make_image(
        "--append", "root=/dev/ram0 verbose", "--options", "-stack=1M -verbose",
        "--module", f"{first}:read only", "--module", second,
    )  # fmt: skip
    line = config_line(image)
    assert line.endswith(
        "-stack=1M -verbose kernel.elf root=/dev/ram0 verbose"
        " --- initrd.img read only --- with:colon"
    )
    assert image.read("/isolinux/initrd.img") == b"one"
    assert image.read("/isolinux/with:colon") == b"two"


def test_modules_that_a_limine_kernel_names_are_packed_from_beside_it(project, tmp_path):
    kernel, words = tmp_path / "kernel.elf", ["--bios-only", "--output", tmp_path / "made.iso"]
    shutil.copy(images.kernel_path("limine_r6"), kernel)
    told = project.good("image", *words, "--kernel", kernel)
    for name in ("inner.txt", "missing.txt"):
        assert f"asks for the file {name}: it is not beside the kernel" in told
    (tmp_path / "inner.txt").write_text("by its side")
    told = project.good("image", *words, "--kernel", kernel)
    assert "inner.txt" not in told and "missing.txt" in told
    assert Image(tmp_path / "made.iso").read("/isolinux/inner.txt") == b"by its side"
    told = project.good("wrap", kernel, "--output", tmp_path / "made.boot")
    assert "inner.txt" not in told and "missing.txt" in told
    assert b"by its side" in (tmp_path / "made.boot").read_bytes()


def test_hashes_of_what_is_packed_come_before_each_name(make_image, tmp_path):
    module = tmp_path / "module.bin"
    module.write_bytes(b"some bytes")
    image = make_image("--hash", "--options", "-quiet", "--module", f"{module}:with words")
    packed = hashlib.sha256(image.read("/isolinux/kernel.elf")).hexdigest()
    wanted = hashlib.sha256(b"some bytes").hexdigest()
    text = image.read("/isolinux/isolinux.cfg").decode()
    assert f"-quiet -sha256={packed} kernel.elf" in text
    assert f"--- -sha256={wanted} module.bin with words" in text


def test_without_options_isolinux_cfg_is_left_alone(make_image, project):
    wanted = (project.root / "isolinux.cfg").read_bytes()
    assert make_image().read("/isolinux/isolinux.cfg") == wanted


@pytest.mark.parametrize(
    "words, told",
    [
        (["--kernel", "/nowhere/k.elf"], "No such file"),
        (["--kernel", "/"], "is a folder"),
        (["--kernel", ""], "--kernel needs FILE, not an empty word"),
        (["--kernel"], "--kernel needs FILE after it"),
        (["--sign", "key"], "--sign needs KEY CERT after it"),
        (["--sign", "key", "cert", "--bios-only"], "which --bios-only leaves out"),
        (["--sign", "nokey", "nocert"], "--sign: nokey: No such file"),
        (["--kernal", "x"], "did you mean --kernel?"),
        (["--prefix", "x"], "unknown option --prefix; see ./build.sh image --help"),
        (["--module", "/nowhere:x"], "No such file"),
        (["--append", "two\nlines"], "only printable characters"),
        (["--append", "a --- b"], "use --module"),
        (["--options", "stack=1M"], 'begins with "-"'),
        (["--keep-debug=yes"], "takes no value"),
        (["--output", "/nowhere/x.iso"], "there is no folder"),
        (["stray"], "unknown word stray"),
    ],
)
def test_a_wrong_word_is_refused_by_name(project, tmp_path, words, told):
    output = [] if "--output" in words else ["--output", tmp_path / "x.iso"]
    done = project.run("image", *output, *words)
    assert done.returncode in (1, 2) and told in done.stdout, done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_isolinux_cannot_take_is_refused(project, tmp_path):
    told = project.bad("image", "--output", tmp_path / "x.iso", "--append", "x" * 2100)
    assert "ISOLINUX takes at most 2027" in told


def test_two_modules_of_one_name_are_refused(project, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.img").write_text(folder)
    told = project.bad(
        "image", "--output", tmp_path / "x.iso",
        "--module", tmp_path / "a/x.img", "--module", tmp_path / "b/x.img",
    )  # fmt: skip
    assert "cannot both be called x.img" in told


@pytest.mark.parametrize(
    "contents", [b"", b"precious\n", b"\0" * 1024 * KIB], ids=["empty", "text", "zeroes"]
)
def test_somebody_elses_file_is_not_overwritten(project, tmp_path, contents):
    output = tmp_path / "mine.iso"
    output.write_bytes(contents)
    assert "was not made by Longjump" in project.bad("image", "--output", output)
    assert same(output, contents)
    assert list(tmp_path.iterdir()) == [output]


def test_somebody_elses_disc_is_not_overwritten(project, tmp_path):
    output = tmp_path / "mine.iso"
    (tmp_path / "files").mkdir()
    subprocess.run(["genisoimage", "-quiet", "-o", output, tmp_path / "files"], check=True)
    assert "was not made by Longjump" in project.bad("image", "--output", output)


def test_a_folder_or_a_device_is_not_overwritten(project, tmp_path):
    assert "is a folder: choose" in project.bad("image", "--output", tmp_path)
    assert "not an ordinary file" in project.bad("image", "--output", "/dev/null")


def test_an_image_of_ours_is_overwritten(project, kernel, tmp_path):
    output = tmp_path / "x.iso"
    project.good("image", "--output", output)
    before = output.read_bytes()
    project.good("image", "--output", output, "--kernel", kernel("hlt"))
    assert not same(output, before)


def test_a_link_stays_a_link(project, tmp_path):
    (tmp_path / "link.iso").symlink_to(tmp_path / "real.iso")
    project.good("image", "--output", tmp_path / "link.iso")
    assert (tmp_path / "link.iso").is_symlink() and (tmp_path / "real.iso").exists()


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "over an older image"])
def test_a_file_that_comes_meanwhile_is_not_overwritten(project, tmp_path, meanwhile, is_there):
    output = tmp_path / "out/x.iso"
    output.parent.mkdir()
    if is_there:
        project.good("image", "--output", output)
    path = meanwhile(f"rm -f '{output}'", f"printf precious >'{output}'")
    said = project.bad("image", "--append", "new", "--output", output, PATH=path)
    assert "was not made by Longjump, so it is not overwritten" in said
    assert output.read_bytes() == b"precious" and list(output.parent.iterdir()) == [output]


def test_an_image_of_ours_that_comes_meanwhile_is_overwritten(project, tmp_path, meanwhile):
    """Two builds side by side: the one that ends last stays."""
    output, other = tmp_path / "x.iso", tmp_path / "other.iso"
    project.good("image", "--output", other)
    path = meanwhile(f"cp '{other}' '{output}'")
    project.good("image", "--append", "mine", "--output", output, PATH=path)
    assert b"kernel.elf mine" in Image(output).read("/isolinux/isolinux.cfg")


def test_a_link_that_comes_meanwhile_is_not_followed(project, tmp_path, meanwhile):
    output, victim = tmp_path / "out/x.iso", tmp_path / "victim"
    output.parent.mkdir()
    victim.write_bytes(b"precious")
    path = meanwhile(f"ln -s '{victim}' '{output}'")
    assert "is not overwritten" in project.bad("image", "--output", output, PATH=path)
    assert os.readlink(output) == str(victim) and victim.read_bytes() == b"precious"
    assert list(output.parent.iterdir()) == [output]


def test_a_folder_that_moves_meanwhile_is_the_same_folder(project, tmp_path, meanwhile):
    """Nothing is put into what gets its name: a link to somebody else's folder."""
    folder, theirs = tmp_path / "out", tmp_path / "theirs"
    folder.mkdir()
    theirs.mkdir()
    (theirs / "x.iso").write_bytes(b"precious")
    path = meanwhile(f"mv '{folder}' '{folder}.moved'", f"ln -s '{theirs}' '{folder}'")
    project.run("image", "--output", folder / "x.iso", PATH=path)
    assert (theirs / "x.iso").read_bytes() == b"precious"
    assert [path.name for path in theirs.iterdir()] == ["x.iso"]
    assert [path.name for path in (tmp_path / "out.moved").iterdir()] == ["x.iso"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a link of somebody else's")
def test_somebody_elses_link_where_all_may_write_is_not_followed(project, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "x.iso").symlink_to(tmp_path / "target")
    os.lchown(folder / "x.iso", 65534, 65534)
    folder.chmod(0o1777)
    said = project.bad("image", "--output", folder / "x.iso")
    assert "is another user's symbolic link" in said
    assert not (tmp_path / "target").exists()


def shim(folder, name, script):
    """Puts a test's program in front of the one with that name."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


BROKEN = {
    "genisoimage fails": ("genisoimage", "echo disk full >&2; exit 1", "disk full"),
    "isohybrid fails": ("isohybrid", "echo no idea >&2; exit 1", "no idea"),
    "isohybrid does nothing": ("isohybrid", "exit 0", "boot record"),
    "a sector is lost": (
        "isohybrid",
        '/usr/bin/isohybrid "$@"; f="${@: -1}"; '
        'printf x | dd of="$f" bs=1 seek=$((100 * 2048)) conv=notrunc status=none',
        "is wrong",
    ),
    "no boot record": (
        "isohybrid",
        '/usr/bin/isohybrid "$@"; f="${@: -1}"; '
        'printf x | dd of="$f" bs=1 seek=510 conv=notrunc status=none',
        "no signature",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_image_never_gets_the_final_name(project, tmp_path, path_without, case):
    name, script, told = BROKEN[case]
    path = path_without(name)
    shim(tmp_path / "path", name, script)
    output = tmp_path / "out" / "x.iso"
    output.parent.mkdir()
    assert told in project.bad("image", "--output", output, PATH=path)
    assert list(output.parent.iterdir()) == []


def test_an_older_image_survives_a_failure(project, tmp_path, kernel, path_without):
    output = tmp_path / "out" / "x.iso"
    output.parent.mkdir()
    project.good("image", "--output", output)
    before = output.read_bytes()
    path = path_without("genisoimage")
    shim(tmp_path / "path", "genisoimage", "exit 1")
    project.bad("image", "--output", output, "--kernel", kernel("hlt"), PATH=path)
    assert same(output, before)
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_nothing(project, tmp_path, path_without, number):
    path = path_without("isohybrid")
    shim(tmp_path / "path", "isohybrid", f"touch {tmp_path}/begun; sleep 30")
    output = tmp_path / "out" / "x.iso"
    output.parent.mkdir()
    running = subprocess.Popen(
        [project.root / "build.sh", "image", "--output", output],
        env={**os.environ, "PATH": path}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, number)
    said = running.communicate(timeout=60)[0].decode()
    assert running.returncode == 128 + number and "Traceback" not in said, said
    assert list(output.parent.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make such a disk")
@pytest.mark.parametrize(
    "words, size, status",
    [
        (["runner", "--disc", "k.elf"], 600, 2),
        (["image", "--kernel", "k.elf", "--output", "x.iso"], 600, 1),
        (["wrap", "k.elf"], 100, 1),
        (["new", "p"], 100, 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_full_disk_is_reported_and_nothing_is_left_on_it(project, tmp_path, words, size, status):
    """An image is full of holes at first, for which there is no space."""
    (tmp_path / "disk").mkdir()
    script = f"""mount -t tmpfs -o size={size}k tmpfs "$1" && cd "$1" && cp "$2" k.elf || exit
    shift 2; "$@"; status=$?; echo LEFT; find . -type f; exit $status"""
    kernel, program = project.root / "build/kernel.elf", project.root / "build.sh"
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", script, "-", tmp_path / "disk", kernel, program, *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said, left = done.stdout.split("LEFT\n")
    assert done.returncode == status and "No space left on device" in said, said
    assert left == "./k.elf\n"


def test_files_come_first_on_the_disc_whatever_their_folder_is_called(tmp_path):
    """Each line of the list is a pattern and a number."""
    with open(tmp_path / "weights", "w") as weights:
        disc.first_on_disc(["one", "two"], "genisoimage", pathlib.Path("a\n[b]"), weights)
    said = (tmp_path / "weights").read_text()
    assert said == "a??b?/two 10\na??b?/one 11\n"


@pytest.mark.parametrize("absent", [["genisoimage"], ["genisoimage", "mkisofs"]])
def test_others_can_make_the_file_system(make_image, path_without, project, absent):
    image = make_image(PATH=path_without(*absent, "isohybrid" if len(absent) > 1 else ""))
    assert f"/isolinux/{'kernel.elf'}" in image.files()
    assert image.data[510:512] == b"\x55\xaa"
