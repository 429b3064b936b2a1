#!/usr/bin/env python3
# run - boots the image in QEMU
"""The command `run`: starts QEMU on the image, and says how it ended."""

import os
import subprocess

from image import OPTIONS, check_config, image, read_config
from lib.checking import read_size
from lib.configuration import OpenDisc, paths_of_modules
from lib import direct
from lib.isolinux import isolinux_cfg
from lib.making import make
from lib.nameless import nameless_file
from lib.ovmf import uefi_arguments
from lib.project import BUILD, Stop, make_build_folder, need, say, shown, start
from lib.qemu import with_one_dash
from lib.session import DISPLAYS, Session
from lib.words import Command, Option

KVM_WORDS = {
    "not there": "is not there (no /dev/kvm)",
    "not allowed": "may not be used by this user (/dev/kvm)",
    "not tried": "could not be tried",
    "hangs": "hangs",
    "fails": "fails",
}
LEAST_MEMORY = 8 << 20  # bytes that SeaBIOS and Syslinux need
DIRECT = Option("--direct", "", "boots without a disc: QEMU loads loader and kernel as one file")
MACHINE = (
    Option("--memory", "SIZE", "the machine's memory, such as 64M or 4G (256M)"),
    Option("--uefi", "", "the machine has UEFI instead of a BIOS"),
    Option("--kvm", "", "uses KVM (/dev/kvm) instead of an emulated CPU"),
)

COMMAND = Command(
    "run",
    """
Makes the image and boots it in QEMU, in a window if there is a display. COM1 is on the terminal.
With --direct, no image is made: QEMU loads the kernel itself. The kernel starts sooner, but has no
boot drive, and there is no prompt if Longjump refuses it.

Ctrl-C ends QEMU, and so does closing the window. Without a window, QEMU also ends when the kernel
halts for good (`cli; hlt`), and the kernel's text screen is then printed, unless it wrote the same
text to COM1. A machine that resets is stopped, so that you can read its last screen.

The exit status:
    0    the kernel halted, or switched the machine off, or the window was closed
    1    the machine reset; or Longjump refused the kernel, and nobody can type at the prompt;
         or a file could not be read or written
    2    a wrong option; or the kernel's output on COM1 could not be written to standard output
    3    the kernel faulted, and the fault was explained; or it panicked
    5    QEMU could not continue, or --kvm was given and KVM does not work
    129  its caller or the reader of its output is gone
    130  Ctrl-C
Any other status is QEMU's own.
""",
    (
        *OPTIONS,
        DIRECT,
        *MACHINE,
    ),
    (
        "./build.sh run",
        "./build.sh run --direct --kernel my.elf",
        "./build.sh run --kernel my.elf --append 'verbose' --memory 2G",
        "./build.sh run --menu --uefi",
        "./build.sh run -- -smp 4 -M q35 -d int -D exceptions.log",
    ),
    rest="ARGUMENT OF QEMU",
)


def run(given):
    """Boots the image that these words ask for; returns the status."""
    if given.kvm:
        need("run", install=not given.no_install)
        check_kvm()
    disc, command = choose_way(given)
    window = choose_window(given)
    return boot(command, given.rest, window, disc, given.kernel or BUILD / "kernel.elf")


def choose_way(given):
    """Makes what these words ask to boot; returns it, open, and the QEMU command that boots it."""
    if given.direct:
        return without_disc(given)
    command = machine(given)  # first, so that mistakes in it are reported before anything is made
    from lib.disc import open_disc

    disc = image(given, open_disc, ["build/postmortem"])
    need("run", install=not given.no_install)
    return disc, [*command, "-cdrom", disc.inherited]


def check_kvm():
    """Stops if KVM cannot run a machine."""
    from lib.kvm import try_kvm

    word, advice = try_kvm()
    if word != "usable":
        raise Stop(f"--kvm: KVM {KVM_WORDS[word]}: {advice}", Session.STATUS["error"])


def without_disc(given):
    """The same for --direct: QEMU loads the kernel itself."""
    if given.uefi:
        raise Stop(
            "--direct: QEMU's UEFI cannot start such a file; leave out --direct or --uefi", 2
        )
    for option in ("--output", "--hash", "--sign", "--menu", "--prompt"):
        if getattr(given, option[2:]):
            raise Stop(f"--direct makes no image: leave out {option}", 2)
    config = read_config(given)
    words, reason = direct.words_of_disc(isolinux_cfg(config))
    command = [*machine(given), "-cdrom", "{}"]
    reason = reason or direct.obstacle(command, given.rest)
    if reason:
        raise Stop(f"--direct: {reason}", 2)
    need("build", "run", install=not given.no_install)
    own = [] if given.kernel else ["build/kernel.elf"]

    def warn(reason):
        say(f"  warning  there is no disc, but {reason}")

    disc = open_direct(config, words, own, not given.no_check, warn)
    return disc, [word.replace("{}", disc.inherited) for word in direct.with_kernel(command)]


def open_direct(config, words, own, is_checked, lack):
    """The file that QEMU loads instead of a disc, open, without a name, and still empty. Its fill()
    makes the loader and the user's `own` targets, checks the kernel, calls lack() with what only a
    disc could provide, and packs everything."""

    def fill():
        from wrap import put_together  # while QEMU is loaded

        check = ["build/check"] if is_checked else []
        make("build/longjump.elf", "build/postmortem", *own, *check)
        if is_checked:
            check_config(config, "boot it")
        if reason := direct.need_of(words, config):
            lack(reason)
        say(f"  pack     {shown(config.kernel)} and the loader, for QEMU's -kernel")
        file.write(put_together(config, direct.KERNEL, words))
        file.flush()

    make_build_folder()
    file = nameless_file(BUILD)
    return OpenDisc(config.kernel, file, paths_of_modules(config), fill)


def machine(given):
    """QEMU's command line for the machine that these words describe."""
    kvm = ["-accel", "kvm", "-cpu", "host"] if given.kvm else []
    uefi = uefi_arguments(not given.no_install) if given.uefi else []
    memory = read_size("--memory", given.memory or "256M")
    if memory < LEAST_MEMORY:
        unit = f"; did you mean {given.memory}M?" if given.memory.isdigit() else "; use 8M or more"
        raise Stop(f"--memory {given.memory}: the loader needs 8M{unit}", 2)
    return ["qemu-system-x86_64", "-m", f"{memory >> 10}K", *kvm, *uefi]


def boot(command, rest, window, disc, sources=None):
    """Runs QEMU, in a window if one can be opened; returns the status of the command. `sources` is
    the kernel from whose debug data a fault gets its source lines."""
    session = Session(
        command, rest, window, disc.file, sources, modules=disc.modules, fill=disc.fill
    )
    status = session.run(shown(disc.path))
    if not window or session.machine.ran or can_open(window):
        return status
    say("no window can be opened on this display; booting without one")
    session = Session(command, rest, "", disc.file, sources, modules=disc.modules)
    return session.run(shown(disc.path))


def choose_window(given):
    """The kind of window that QEMU is to open; "" for none."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return ""
    if DISPLAYS & {*with_one_dash(given.rest)}:
        return ""
    try:
        need("window", install=not given.no_install)
    except Stop:
        say("QEMU cannot open a window; it boots without one")
        return ""
    kinds = subprocess.run(
        ["qemu-system-x86_64", "-display", "help"], capture_output=True, text=True, check=False
    ).stdout.split()
    return next(kind for kind in ("gtk", "sdl") if kind in kinds)


def can_open(window):
    """Whether QEMU can open a window of this kind: tries it with an empty machine."""
    command = ["qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", window]
    words = '{"execute": "qmp_capabilities"}\n{"execute": "quit"}\n'
    tried = subprocess.run(
        [*command, "-qmp", "stdio"], input=words, capture_output=True, text=True, check=False
    )
    return tried.returncode == 0


if __name__ == "__main__":
    start(lambda words: run(COMMAND.read(words)))
