"""loaders_efi.py - packs a payload for each loader under UEFI, as loaders.py does for a BIOS: on
discs that are made as our own is, with another program in the place of our loader.

Knows how GRUB and Limine want to be packed; knows nothing of what is measured.
"""

from pathlib import Path

from lib import esp
from lib.disc import find_syslinux, put_in_place, stage_files, stage_folder
from lib.project import BUILD, run
from loaders import longjump

GRUB = Path("/usr/lib/grub/x86_64-efi")


def disc(payload, name, files):
    """Masters files, {path: file or bytes}, as our own disc is."""
    output = payload.folder / f"{name}-efi.iso"
    syslinux = {f"isolinux/{file}": find_syslinux(file) for file in ("isolinux.bin", "ldlinux.c32")}
    with stage_folder() as stage:
        staged = stage_files({**syslinux, **files}, stage, keep_debug=True)
        put_in_place(stage, staged, name, output)
    return output


def floor(payload):
    """A program that only reads the payload, by the firmware's own file system."""
    files = {esp.LOADER: BUILD / "efi_floor.efi", "payload.bin": payload.file}
    return disc(payload, "floor", files)


def grub(payload):
    """GRUB 2 with no more modules than this takes, and its commands inside its core."""
    commands, core = payload.folder / "grub-efi.cfg", payload.folder / "grub.efi"
    commands.write_text("multiboot2 /kernel.elf\nboot\n")
    modules = ["iso9660", "fat", "part_msdos", "multiboot2"]
    modules += ["gzio"] if payload.size.compressed else []
    run(["grub-mkimage", "-O", "x86_64-efi", "-p", "/boot/grub", "-c", commands, "-o", core,
         *modules])  # fmt: skip
    return disc(payload, "grub", {esp.LOADER: core, "kernel.elf": payload.kernel(32)})


def limine(binaries, payload):
    """Limine, whose BOOTX64.EFI lies in the folder `binaries`, with the same Multiboot kernel. It
    opens no compressed kernel: nothing is returned for one."""
    if payload.size.compressed:
        return None
    config = "timeout: 0\n/it\n    protocol: multiboot2\n    kernel_path: boot():/kernel.elf\n"
    files = {esp.LOADER: binaries / "BOOTX64.EFI", "limine.conf": config.encode()}
    return disc(payload, "limine", {**files, "kernel.elf": payload.kernel(32)})


LOADERS = {"floor": floor, "longjump": longjump, "grub": grub}
