#!/usr/bin/env python3
# runner - boots a kernel that a build tool has made, as a program or as a test
"""The command `runner`: called by cargo, make, CMake and others to run what they have built."""

import os
import subprocess
import sys
from pathlib import Path

from image import TAKEN, check_config, read_config
from image import COMMAND as IMAGE
from lib.cargo import bootloader_option, speaks_for_itself
from lib.checking import Refused
from lib.config import read_settings
from lib import direct
from lib.harness import HELP, test_name, understand
from lib.isolinux import isolinux_cfg
from lib.machine import child_of_ours
from lib.making import make
from lib.ovmf import uefi_arguments
from lib.package import package_of
from lib.printable import printable
from lib.project import Stop, Voice, need, say, shown, start
from lib.trial import FAILURE, NO_CODE, NOT_STARTED, QEMU, SUCCESS, TIME, Trial
from lib.words import Option, Command
from run import boot, choose_window, open_direct

COMMAND = Command(
    "runner",
    """
Boots ELF, a kernel that a build tool has just made, in QEMU with the ARGUMENTs. Set it as the
runner of a build tool: docs/runner.md has the lines for cargo, make, CMake and others. What the
kernel writes to COM1 goes to stdout, everything else to stderr.

If possible, QEMU loads the loader, the kernel and the modules itself, without a disc. If something
needs a disc, a line says what, and the runner makes the image ELF.longjump.iso beside ELF.

A file in a folder named `deps` or `rustdoctest...`, where cargo puts tests, is a test, and so is
any file with --test. A test has no window, and must end by itself within a time limit. The last
line says what happened, and so does the exit status:
    0    the kernel wrote the success code to isa-debug-exit at 0xf4 (16, so that QEMU ends with 33)
    1    it wrote another code
    2    it could not be run: a wrong option or setting, a missing file
    3    it crashed: an exception, a triple fault, a reset, a panic
    4    it timed out
    5    QEMU itself failed, or could not continue
    6    it ended without a code: it halted, or switched the machine off
    7    Longjump refused it; if `check` finds that, it is not even booted
For any other file, the status is that of `./build.sh run`.

Settings are read from longjump.conf in the folder of ELF, and from [package.metadata.bootimage] in
the Cargo.toml above it; the command line overrides both. Arguments that cargo gives to a test
program, such as --list, --quiet or a part of a test's name, have the same meaning here. If a
kernel's Cargo project links it with the Rust crate bootloader 0.9, the kernel is started as that
crate would start it; a kernel made with bootloader_api 0.11 is recognised by its contents.
""",
    (
        Option("--test", "", "treats ELF as a test, wherever it is"),
        Option("--test-timeout", "SECONDS", "how long a test may take (300)"),
        Option("--test-success-exit-code", "CODE", "the status of QEMU that means success (33)"),
        TAKEN["--append"],
        TAKEN["--options"],
        TAKEN["--module"],
        Option("--disc", "", "boots from an image, ELF.longjump.iso"),
        Option("--uefi", "", "boots from an image, on a machine with UEFI"),
        Option("--output", "FILE", "boots from an image, with this name"),
        TAKEN["--no-check"],
        Option("--config", "FILE", "reads this file instead of longjump.conf"),
        Option("--print-config", "", "shows each setting, and where it comes from"),
        Option("--build", "", "runs build-command first"),
        Option("--quiet", "", "prints only what comes from COM1, and the last line of a test"),
    ),
    (
        "./build.sh runner my.elf",
        "./build.sh runner --test --test-timeout 10 build/test-paging.elf -m 64M",
        "./build.sh runner --print-config my.elf",
    ),
    names="ELF",
    rest="ARGUMENT",
    first_ends=True,
)


def runner(given):
    """Runs the ELF file of these words; returns the status."""
    Voice.write_to(sys.stderr)
    if given.quiet:
        be_quiet()
    kernel = Path(given.names[0]) if given.names else None
    settings = settle(given, kernel)
    if given.print_config:
        print(settings.text(), end="")
        return 0
    if not kernel:
        raise Stop("runner: which ELF file? see ./build.sh runner --help", 2)
    as_test = given.test or is_test(kernel)
    if as_test and not is_wanted(given, settings, kernel):
        return SUCCESS
    if as_test and settings["test-success-exit-code"] == 0:
        let_reset(settings)
    try:
        if given.build:
            build(settings)
        rest = [*settings["test-args" if as_test else "run-args"], *given.rest]

        def go(disc, command):
            if not as_test:
                return plain_run(given, command, rest, disc, kernel)
            status, words = test(command, rest, settings, kernel, disc)
            print(printable(words, kept=""), file=sys.stderr, flush=True)
            return status

        return pack(given, settings, kernel, rest, go)
    except Refused as refused:
        print(f"build.sh: {refused}", file=sys.stderr)
        if as_test:
            line = f"test NOT STARTED: {kernel.name}: {refused.line}"
            print(printable(line, kept=""), file=sys.stderr)
        return NOT_STARTED


def is_wanted(given, settings, kernel):
    """Acts on the words that cargo passes to a test harness, and keeps QEMU's; returns whether the
    test is to be run."""
    harness, given.rest = understand(given.rest, is_qemu(settings["run-command"]))
    name = test_name(kernel)
    if harness.is_help:
        print(HELP, end="")
    elif harness.is_list:
        print(printable(harness.listing(name)), end="")
    elif not harness.runs(name):
        words = f"test skipped: {kernel.name}: the command line names other tests"
        print(printable(words, kept=""), file=sys.stderr)
    if harness.is_quiet:
        be_quiet()
    return not (harness.is_help or harness.is_list) and harness.runs(name)


def be_quiet():
    Voice.write_to(open(os.devnull, "w", encoding="utf-8"))


def settle(given, kernel):
    """The effective settings: the command line overrides the files, and these the defaults."""
    settings = read_settings(kernel, given.config)
    settings.say("test-timeout", number("--test-timeout", given.test_timeout, 1, 10**9))
    code = number("--test-success-exit-code", given.test_success_exit_code, 0, 255)
    settings.say("test-success-exit-code", code)
    settings.say("append", given.append)
    settings.say("options", given.options)
    settings.say("modules", given.module or None)
    settings.say("disc", given.disc or bool(given.output) or None)
    settings.say("uefi", given.uefi or None)
    if kernel:
        add_protocol(settings, kernel)
    return settings


def add_protocol(settings, kernel):
    """Adds the loader's option for a kernel that is made for another loader, as Cargo.toml shows,
    unless the user has chosen a protocol, or the kernel's file shows one."""
    package, options = package_of(kernel), settings["options"]
    if package is None or "-protocol=" in (options or "") or speaks_for_itself(kernel):
        return
    protocol = bootloader_option(package)
    if protocol:
        origin = settings.origins["options"] if options else shown(package.manifest)
        settings.set("options", " ".join(filter(None, (protocol, options))), origin)


def let_reset(settings):
    """If a test must end in a reset, it may do so by a fault, which must then not be explained: the
    machine would halt."""
    options = settings["options"] or ""
    if "-onfault=" not in options and "-explain=" not in options:
        words = " ".join(filter(None, ("-explain=off", options)))
        settings.set("options", words, settings.origins["test-success-exit-code"])


def number(option, text, least, most):
    """The number in an option, or None."""
    if text is None:
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Stop(f'runner: {option} must be a whole number, at least {least}, not "{text}"', 2)
    return int(text)


def is_test(kernel):
    """Whether cargo has built this as a test: it puts tests into separate folders."""
    folder = Path(os.path.abspath(kernel)).parent.name
    return folder == "deps" or folder.startswith("rustdoctest")


def build(settings):
    """Runs the project's build-command; one from a Cargo.toml is a command of cargo's."""
    command = settings["build-command"]
    if not command:
        raise Stop("--build: there is no build-command in longjump.conf or Cargo.toml", 2)
    command = ["cargo", *command] if settings.cargo else command
    Voice.show(command)
    try:
        done = subprocess.run(
            command, cwd=settings.folders["build-command"], stdout=Voice.stream, check=False
        )
    except OSError as error:
        raise Stop(f"build-command: {command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        raise Stop(f"build-command ended with status {done.returncode}: {' '.join(command)}")


class NeedsDisc(Exception):
    """Only a disc can provide what the kernel asks for."""


def need_disc(reason):
    raise NeedsDisc(reason)


def pack(given, settings, kernel, rest, go):
    """Makes what is booted; returns the result of go() for it, open, and for the words of
    run-command for it, which `rest` follows."""
    command = [*settings["run-command"], *firmware(given, settings, rest)]
    config = read_config(IMAGE.read(image_words(given, settings, kernel)))
    words, reason = direct.words_of_disc(isolinux_cfg(config))
    reason = reason or direct.obstacle(command, rest)
    may_choose = is_qemu(command) and not settings["disc"] and not settings["uefi"]
    need("build", "run", install=not given.no_install)
    is_checked = not given.no_check
    if may_choose and reason is None:
        file = open_direct(config, words, [], is_checked, need_disc)
        try:
            return go(*fill(direct.with_kernel(command), file))
        except NeedsDisc as needs:
            reason, is_checked = str(needs), False
    if may_choose:
        say(f"  note     booting from a disc: {reason}")
    need("image", install=not given.no_install)
    loader = ["build/longjump.c32", *(["build/BOOTX64.EFI"] if settings["uefi"] else [])]
    make(*loader, "build/postmortem", *(["build/check"] if is_checked else []))
    if is_checked:
        check_config(config, "boot it")
    from lib.disc import open_disc

    return go(*fill(command, open_disc(config)))


def firmware(given, settings, rest):
    """QEMU's arguments for the firmware in the settings, unless the user chooses another one."""
    command = settings["run-command"]
    if not settings["uefi"]:
        return []
    if not is_qemu(command):
        raise Stop(f"uefi: only QEMU can be given another firmware, not {command[0]}", 2)
    return (
        uefi_arguments(not given.no_install)
        if not direct.brings_firmware([*command, *rest])
        else []
    )


def image_words(given, settings, kernel):
    """The words with which `image` would make the same."""
    folder = settings.folders.get("modules", Path())
    if settings.origins["modules"] == "command line":
        folder = Path()
    words = ["--kernel", str(kernel)]
    words += [] if settings["uefi"] else ["--bios-only"]
    words += ["--output", given.output or str(kernel.parent / f"{kernel.name}.longjump.iso")]
    words += [] if settings["append"] is None else ["--append", settings["append"]]
    words += [] if settings["options"] is None else ["--options", settings["options"]]
    for text in settings["modules"]:
        words += ["--module", os.path.join(folder, text)]
    return [*words, *(["--verbose"] if given.verbose else [])]


def fill(command, disc):
    """The disc, and the command with its name in place of {}: for QEMU, that of the copy it
    inherits."""
    name = disc.inherited if is_qemu(command) else str(disc.path)
    return disc, [word.replace("{}", name) for word in command]


def is_qemu(command):
    return os.path.basename(command[0]).startswith("qemu-system-")


def plain_run(given, command, rest, disc, kernel):
    """Boots a kernel that is not a test; returns the status."""
    if not is_qemu(command):
        return foreign([*command, *rest], None)
    given.rest = rest
    return boot(command, rest, choose_window(given), disc, kernel)


def test(command, rest, settings, kernel, disc):
    """Runs a test; returns the status and the last line."""
    if is_qemu(command):
        trial = Trial(command, rest, disc.file, settings, kernel, disc.modules, disc.fill)
        return trial.run(kernel.name)
    limit, success = settings["test-timeout"], settings["test-success-exit-code"]
    status = foreign([*command, *rest], limit)
    if status is None:
        return TIME, f"test TIMED OUT: {kernel.name}: did not end within {limit} s"
    if status == success:
        return SUCCESS, f"test passed: {kernel.name}: {command[0]} ended with status {status}"
    if status < 0:
        return QEMU, f"test NOT RUN: {kernel.name}: {command[0]} was killed by signal {-status}"
    result, word = (FAILURE, "FAILED") if status else (NO_CODE, "ENDED WITHOUT A CODE")
    wanted = f"status {status}; success is {success}"
    return result, f"test {word}: {kernel.name}: {command[0]} ended with {wanted}"


def foreign(command, limit):
    """Runs a run-command that is not QEMU; returns its status, or None if it took too long."""
    Voice.show(command)
    try:
        return subprocess.run(
            command, timeout=limit, check=False, preexec_fn=child_of_ours()
        ).returncode
    except subprocess.TimeoutExpired:
        return None
    except OSError as error:
        raise Stop(f"run-command: {command[0]}: {error.strerror}", QEMU) from None


if __name__ == "__main__":
    start(lambda words: runner(COMMAND.read(words)), failure=2)
