#!/usr/bin/env python3
# rom - makes an option ROM for QEMU, and the file with the kernel that it boots
"""The command `rom`: an option ROM, for a network card or without one, and what it boots."""

import re
import struct
from pathlib import Path

from lib.making import make
from lib.project import Stop, made, say, shown, start
from lib.words import Command, Option
from wrap import COMMAND as WRAP
from wrap import pack, read_config, write

# QEMU's network cards -> vendor and device, which must be in their ROMs
CARDS = {
    "e1000": (0x8086, 0x100E),
    "e1000e": (0x8086, 0x10D3),
    "ne2k_pci": (0x10EC, 0x8029),
    "pcnet": (0x1022, 0x2000),
    "rtl8139": (0x10EC, 0x8139),
    "virtio-net-pci": (0x1AF4, 0x1000),
    "vmxnet3": (0x15AD, 0x07B0),
}
SUM = 5  # offset of the byte that makes the sum of all 0 (loader/platform/optionrom/rom.asm)
MARK = b"Longjump: kernel of fw_cfg"  # a text in every such ROM

COMMAND = Command(
    "rom",
    f"""
Makes two files: FILE.boot, which contains the loader, the kernel and its modules (as `wrap` makes
it), and FILE.rom, a 2 KiB option ROM. Prints the QEMU command that boots them, on the machine pc
or q35. The BIOS runs the ROM, and the ROM loads FILE.boot from QEMU's fw_cfg. With --card, the ROM
is for a network card. If the ROM cannot boot, it says why, and the BIOS tries the next device.

`-fw_cfg name=opt/longjump/append,string=...` adds words to the kernel's command line.

Cards: {", ".join(CARDS)}.
""",
    (
        Option(
            "--output",
            "FILE",
            "the name of both files, without .boot and .rom (KERNEL without .elf)",
        ),
        Option("--card", "NAME", "makes a ROM for this network card of QEMU, or for VENDOR:DEVICE"),
        *(option for option in WRAP.options if option.name not in ("--output", "--format")),
    ),
    (
        "./build.sh rom my.elf",
        "./build.sh rom my.elf --card virtio-net-pci --append 'verbose'",
    ),
    names="KERNEL",
)


def rom(given):
    """Makes both files, and prints the command; returns 0."""
    vendor, device = card(given.card or "e1000")
    name = given.output or (Path(given.names[0]).with_suffix("").name if given.names else "")
    given.output, given.format = f"{name}.boot", None
    config = read_config(given, "rom")
    whole = pack(config, given)
    make("build/longjump.rom")
    path = Path(f"{name}.rom")
    write(config.output, whole)
    write(path, for_card(made("longjump.rom").read_bytes(), vendor, device), MARK)
    is_model = given.card in CARDS
    where = f"-device {given.card},romfile={shown(path)},bootindex=0" if is_model else (
        f"-option-rom {shown(path)},bootindex=0"
    )  # fmt: skip
    say(f"{shown(path)} and {shown(config.output)} are ready:")
    say(f"qemu-system-x86_64 {where} -fw_cfg name=opt/longjump/boot,file={shown(config.output)}")
    return 0


def card(text):
    """The numbers of a card: vendor and device."""
    found = re.fullmatch(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", text)
    if text not in CARDS and not found:
        raise Stop(
            f"rom: --card is one of {', '.join(CARDS)}, or two numbers such as 8086:100e,"
            f" not {text}", 2,
        )  # fmt: skip
    return CARDS.get(text) or (int(found[1], 16), int(found[2], 16))


def for_card(data, vendor, device):
    """The bytes of the ROM for a network card with these numbers."""
    data = bytearray(data)
    struct.pack_into("<HH", data, data.index(b"PCIR") + 4, vendor, device)
    data[SUM] = 0
    data[SUM] = -sum(data) % 256
    return bytes(data)


if __name__ == "__main__":
    start(lambda words: rom(COMMAND.read(words)))
