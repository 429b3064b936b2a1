"""loaders.py - packs a payload for each loader: one function per loader, which returns an image
that boots from a CD and from a disk.

Knows how Syslinux and GRUB want to be packed; knows nothing of what is measured.
"""

import shutil
import struct
from pathlib import Path

from lib.disc import SECTOR, find_syslinux
from lib.project import ROOT, run
from payload import PLACES

HERE = ROOT / "bench"
GRUB = Path("/usr/lib/grub/i386-pc")


def disc(tree, boot, output):
    """Masters a tree as a CD that boots its file `boot`."""
    run(
        [
            "genisoimage",
            "-quiet",
            "-R",
            "-b",
            boot,
            "-c",
            "boot.cat",
            "-no-emul-boot",
            "-boot-load-size",
            "4",
            "-boot-info-table",
            "-o",
            output,
            tree,
        ]
    )
    shutil.rmtree(tree)
    return output


def boot_file(image):
    """Returns the CD sector at which the file that a CD starts begins, as its catalog says."""
    with image.open("rb") as file:
        file.seek(17 * SECTOR + 0x47)  # El Torito's volume descriptor
        (catalog,) = struct.unpack("<I", file.read(4))
        file.seek(catalog * SECTOR + 32 + 8)  # the default entry
        return struct.unpack("<I", file.read(4))[0]


def patch(image, offset, data):
    """Writes bytes into an image."""
    with image.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def new_tree(folder, name):
    """Returns an empty folder for what goes on a disc."""
    tree = folder / f"{name}.tree"
    tree.mkdir()
    return tree


def floor(payload):
    """Our own boot sector and the payload: the least that reading and copying it takes here."""
    tree = new_tree(payload.folder, "floor")
    boot = tree / "floor.bin"
    run(["nasm", "-f", "bin", "-o", boot, HERE / "floor.asm"])
    with boot.open("ab") as file:
        file.write(payload.file.read_bytes())
    image = disc(tree, boot.name, payload.folder / "floor.iso")
    begin = boot_file(image)
    with image.open("rb") as file:
        file.seek(begin * SECTOR)
        sector = bytearray(file.read(512))
    struct.pack_into("<II", sector, 8, 0, begin * SECTOR // 512)  # as floor.asm wants it on a disk
    patch(image, 0, sector)
    return image


def longjump(payload):
    """The discs that `build.sh image` makes of the kernel by default, one for each section in which
    the payload can be, since a loader may search some of them."""
    images = {}
    for place in PLACES if payload.size.places else PLACES[1:2]:
        images[place] = payload.folder / f"longjump{place}.iso"
        kernel = payload.kernel(64, place)
        run([ROOT / "build.sh", "image", "--kernel", kernel, "--output", images[place]])
        kernel.unlink()
    return images


def empty(folder):
    """Our disc with a module on it that does nothing."""
    tree = folder / "empty.tree"
    (tree / "isolinux").mkdir(parents=True)
    for file in ("isolinux.bin", "ldlinux.c32"):
        shutil.copy(find_syslinux(file), tree / "isolinux")
    shutil.copy(ROOT / "isolinux.cfg", tree / "isolinux")
    code = folder / "empty.o"
    run(["nasm", "-f", "elf32", "-o", code, HERE / "empty.asm"])
    run(["ld", "-m", "elf_i386", "-shared", "--hash-style=gnu", "-z", "noseparate-code", "-s",
         "-o", tree / "isolinux/longjump.c32", code])  # fmt: skip
    code.unlink()
    return disc(tree, "isolinux/isolinux.bin", folder / "empty.iso")


def mboot(payload):
    """ISOLINUX and Syslinux's Multiboot 1 loader, with the one library that it needs."""
    tree = new_tree(payload.folder, "mboot")
    for file in ("isolinux.bin", "ldlinux.c32", "libcom32.c32", "mboot.c32"):
        shutil.copy(find_syslinux(file), tree)
    payload.kernel(32).rename(tree / "kernel.elf")
    (tree / "isolinux.cfg").write_text(
        "SERIAL 0 115200\nDEFAULT it\nLABEL it\n  COM32 mboot.c32\n  APPEND kernel.elf\n"
    )
    image = disc(tree, "isolinux.bin", payload.folder / "mboot.iso")
    run(["isohybrid", image])
    return image


def grub(payload):
    """GRUB 2 with no more modules than this takes, and its commands inside its core."""
    tree = new_tree(payload.folder, "grub")
    payload.kernel(32).rename(tree / "kernel.elf")
    commands = payload.folder / "grub.cfg"
    commands.write_text("multiboot /kernel.elf\nboot\n")
    modules = ["biosdisk", "iso9660", "multiboot", *(["gzio"] if payload.size.compressed else [])]
    run(
        [
            "grub-mkimage",
            "-O",
            "i386-pc-eltorito",
            "-p",
            "/boot/grub",
            "-c",
            commands,
            "-o",
            tree / "core.img",
            *modules,
        ]
    )
    image = disc(tree, "core.img", payload.folder / "grub.iso")
    sector = boot_file(image) * SECTOR // 512
    patch(image, 0, (GRUB / "boot_hybrid.img").read_bytes())
    patch(image, 432, struct.pack("<Q", sector + 4))  # what follows the CD's own boot sector
    patch(image, sector * 512 + 2548, struct.pack("<Q", sector + 5))  # and the rest of that
    return image


def limine(binaries, payload):
    """Limine, whose files lie in the folder `binaries`, with the same Multiboot kernel. It boots
    from a CD only, since its boot record for disks is made by a separate program; and it opens no
    compressed kernel: nothing is returned for one."""
    if payload.size.compressed:
        return None
    tree = new_tree(payload.folder, "limine")
    for file in ("limine-bios-cd.bin", "limine-bios.sys"):
        shutil.copy(binaries / file, tree)
    payload.kernel(32).rename(tree / "kernel.elf")
    (tree / "limine.conf").write_text(
        "timeout: 0\n/it\n    protocol: multiboot1\n    kernel_path: boot():/kernel.elf\n"
    )
    return disc(tree, "limine-bios-cd.bin", payload.folder / "limine.iso")


LOADERS = {"floor": floor, "longjump": longjump, "mboot.c32": mboot, "grub": grub}
