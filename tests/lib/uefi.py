"""Machines with UEFI at the loader's prompt. Firmware takes long to get there, so a
machine at the prompt is saved once, and every test starts from there."""

import os
import time

import disc
import images
import screen
import vm

ALPHABET = "".join(map(chr, range(33, 127)))
font = {}  # a cell's pixels -> its character

CONFIG = "SERIAL 0 115200\nPROMPT 1\nLABEL good\n  COM32 longjump.c32\n  APPEND placed.elf\n"


class PromptDisc:
    """A disc with files, {name: bytes}, whose machines are saved at the prompt, or when COM1 prints
    something else."""

    def __init__(self, files, config=CONFIG, until="boot: "):
        config = f"SAY {ALPHABET}\n{config}"
        self.until = until
        self.path = images.once(
            ".iso",
            [config, images.loader_bytes(), *(part for pair in files.items() for part in pair)],
            lambda path: disc.make(path, config, files, images.BUILD / "BOOTX64.EFI"),
        )

    def start(self, log, **machine):
        """A machine at the prompt, as if it had just been started."""
        machine = {"medium": "cd-ahci", "uefi": True, **machine}
        saved = images.once(
            ".saved",
            [
                self.path.read_bytes(),
                repr(sorted(machine.items())),
                open(vm.OVMF, "rb").read(),
                self.until,
            ],
            lambda path: self._save(path, log / "saved", machine),
        )
        extra = [*machine.pop("extra", ()), "-incoming", f"exec:cat '{saved}'"]
        started = vm.Machine(self.path, log, extra=extra, **machine)
        wait_for(started, "query-status", "running")
        if not font and self.until == "boot: ":
            learn_font(started)
        return started

    def _save(self, path, log, machine):
        with vm.Machine(self.path, log, **machine) as running:
            running.wait_serial(self.until, limit=180)
            running.qmp.command("migrate", uri=f"exec:cat > '{path}'")
            wait_for(running, "query-migrate", "completed")
            assert os.path.getsize(path)


def wait_for(machine, command, status, limit=120):
    """Waits until QEMU's answer to a command is this status."""
    deadline = time.monotonic() + limit
    while machine.qmp.command(command).get("status") != status:
        assert time.monotonic() < deadline, machine.report()
        time.sleep(0.05)


def cells(picture):
    """The rows of cells of the firmware's console, 100 by 31 in the middle of the screen."""
    width, height, columns, rows = 8, 19, 100, 31
    left = (picture.width - columns * width) // 2
    top = (picture.height - rows * height) // 2
    reds = picture.pixels[::3].translate(bytes([0] + [1] * 255))
    for row in range(rows):
        begin = (top + row * height) * picture.width + left
        lines = [begin + y * picture.width for y in range(height)]
        yield [
            b"".join(reds[line + x : line + x + width] for line in lines)
            for x in range(0, columns * width, width)
        ]


def drawn(text):
    """The row of cells that the loader itself draws for this text."""
    font = screen.our_font(images.ROOT)
    row = [bytes(2 * 8) + pixels(font[ord(character)]) + bytes(8) for character in text]
    return row + [bytes(19 * 8)] * (100 - len(text))


def pixels(glyph):
    """The pixels of a glyph, each a byte."""
    return bytes(line >> x & 1 for line in glyph for x in range(7, -1, -1))


def learn_font(machine):
    """Learns the firmware's font from the line of all characters that the disc shows first."""
    for row in cells(machine.screenshot()):
        if len(set(row[: len(ALPHABET)])) == len(ALPHABET) and 1 not in row[len(ALPHABET)]:
            font.update(zip(row, ALPHABET))
    assert font, machine.report()


def screen_text(machine):
    """The text on the firmware's console; cells that show no character become U+FFFD."""
    lines = (
        "".join(font.get(cell, "\N{REPLACEMENT CHARACTER}" if 1 in cell else " ") for cell in row)
        for row in cells(machine.screenshot())
    )
    return "\n".join(line.rstrip() for line in lines).rstrip()
