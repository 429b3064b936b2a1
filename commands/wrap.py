#!/usr/bin/env python3
# wrap - packs loader, kernel and modules into one file for `qemu-system-x86_64 -kernel`
"""The command `wrap`: packs loader, kernel and modules into one file that boots without a disc."""

import functools
import os
from pathlib import Path

from image import TAKEN, check_config, read_words, readable
from lib.append import append_words
from lib.bundle import make_bundle, put_into_elf, put_into_pe
from lib.configuration import BootConfiguration
from lib.elf import strip_debug
from lib.files import open_regular, workshop_in
from lib.internal import internal_modules, warn_of_missing, without_file
from lib.making import make
from lib.placing import placing, resolve
from lib.project import BUILD, Stop, made, make_build_folder, need, say, shown, start
from lib.words import Command, Option

# --format -> the loader, the function that puts a bundle into it, and the file's suffix
FORMATS = {
    "elf": ("longjump.elf", put_into_elf, ".boot"),
    "efi": ("BOOTX64.EFI", put_into_pe, ".efi"),
}
MARK = b"LJBUNDLE"  # in every file that was made here

COMMAND = Command(
    "wrap",
    """
Packs the loader, a kernel and its modules into one file. `qemu-system-x86_64 -kernel FILE` boots it
on the machines pc, q35 and microvm; so do GRUB (`multiboot FILE`, not `multiboot2`) and iPXE
(`kernel FILE`). The kernel may use any protocol.

With --format efi, the file is a UEFI program. Firmware can load it from a disk, or from the network
by TFTP or HTTP. If you sign it (`sbsign`), the signature also covers the kernel and the modules.
""",
    (
        Option("--output", "FILE", "the file to make (KERNEL with .boot or .efi in place of .elf)"),
        Option("--format", "elf|efi", "elf: for -kernel, GRUB and iPXE (default); efi: for UEFI"),
        TAKEN["--append"],
        TAKEN["--options"],
        TAKEN["--module"],
        TAKEN["--keep-debug"],
        TAKEN["--no-check"],
    ),
    (
        "./build.sh wrap my.elf --output my.boot && qemu-system-x86_64 -kernel my.boot",
        "./build.sh wrap my.elf --module initrd.img:readonly --append 'verbose'",
        "./build.sh wrap my.elf --format efi --output my.efi",
    ),
    names="KERNEL",
)


def wrap(given):
    """Makes the file that these words ask for; returns its path."""
    config = read_config(given)
    whole = pack(config, given)
    write(config.output, whole)
    how = "" if given.format == "efi" else f": qemu-system-x86_64 -kernel {shown(config.output)}"
    say(f"{shown(config.output)} is ready, {(len(whole) + 1023) // 1024} KiB{how}")
    return config.output


def pack(config, given):
    """The bytes of the file: the loader, and what the user asked for."""
    need("build", install=not given.no_install)
    own = [] if config.kernel != BUILD / "kernel.elf" else ["build/kernel.elf"]
    kind = given.format or "elf"
    make(f"build/{FORMATS[kind][0]}", *own, *([] if given.no_check else ["build/check"]))
    if not given.no_check:
        check_config(config, "pack the kernel")
    return put_together(config, config.kernel.name, words_of(config), kind)


def put_together(config, name, words, kind="elf"):
    """The bytes of the loader, which has been built, with the files and words for it. The kernel is
    called `name` in it."""
    loader, put_into, _ending = FORMATS[kind]
    bundle = make_bundle(words, contents(config, name))
    config.check_files()
    return put_into(made(loader).read_bytes(), bundle)


def read_config(given, command="wrap"):
    """The configuration that a command's words describe."""
    if len(given.names) != 1:
        raise Stop(f"{command}: name one kernel; see ./build.sh {command} --help", 2)
    if given.format not in (None, *FORMATS):
        raise Stop(f"{command}: --format is one of {', '.join(FORMATS)}, not {given.format}", 2)
    kernel = readable(command, given.names[0])
    ending = FORMATS[given.format or "elf"][2]
    return BootConfiguration(
        kernel=kernel,
        output=Path(given.output or kernel.with_suffix(ending).name),
        **read_words(given),
    )


def words_of(config):
    """The words for the loader, as after APPEND."""
    named = [(module.path.name, module.line, module.options) for module in config.modules]
    return " ".join(append_words(config.kernel.name, config.append, config.options, named))


def contents(config, kernel):
    """The files for the loader: name -> bytes. The kernel is called `kernel`."""
    files = {kernel: kernel_bytes(config)}
    for path in (module.path for module in config.modules):
        if path.name in files and files[path.name] != path.read_bytes():
            raise Stop(f"two files cannot both be called {path.name}: rename {path}")
        files[path.name] = path.read_bytes()
    for module in internal_modules(config):
        if module.file:
            files.setdefault(str(module.path), module.file.read_bytes())
    warn_of_missing(without_file(config))
    for name in files:
        if " " in name:
            raise Stop(f"a file in a bundle cannot have a space in its name: rename {name}")
    return files


def kernel_bytes(config):
    """The kernel's bytes, without its debug sections unless they are to be kept."""
    make_build_folder()
    with workshop_in(BUILD, "strip.") as folder:
        copy = Path(folder, "kernel.elf")
        stripped = not config.keep_debug and strip_debug(config.kernel, copy)
        return (copy if stripped else config.kernel).read_bytes()


def write(output, whole, mark=MARK):
    """Puts the complete file in place; replaces only files that were made here, which contain the
    mark."""
    name = "wrapped"
    with placing(resolve(output)) as (inside, put):
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=inside)
        with open(handle, "wb") as file:
            file.write(whole)
        put(name, functools.partial(has_mark, mark))


def has_mark(mark, name, folder=None):
    """Whether the file was made by this command."""
    with open_regular(name, folder) as file:
        return mark in file.read()


if __name__ == "__main__":
    start(lambda words: wrap(COMMAND.read(words)) and 0)
