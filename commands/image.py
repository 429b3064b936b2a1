#!/usr/bin/env python3
# image - makes the image; what `./build.sh` alone does
"""The command `image`: reads the command line into the configuration of a boot."""

import os
import re
import shlex
from pathlib import Path

from lib.append import Module
from lib.checking import LIMIT, Refused, look, words_of
from lib.configuration import BootConfiguration
from lib.making import make
from lib.project import BUILD, Stop, need, program, say, shown, start
from lib.words import Option, Command

OPTIONS = (
    Option("--kernel", "FILE", "boots this ELF64 (or gzip-compressed) kernel, not the sample"),
    Option("--append", "STRING", "the kernel's command line"),
    Option("--options", "STRING", "options for the loader, such as -stack=1M"),
    Option(
        "--module",
        "FILE[:STRING]",
        "hands a file to the kernel, with its own command line; -raw or\n"
        "-sha256=HEX may precede it; may be repeated",
        many=True,
    ),
    Option("--output", "FILE", "the image to make (build/longjump.iso)"),
    Option("--hash", "", "writes the SHA-256 of kernel and modules into the disc's isolinux.cfg"),
    Option(
        "--sign",
        "KEY CERT",
        "signs the UEFI loader for Secure Boot; it then starts only the kernel\n"
        "and modules on this disc (docs/secure-boot.md)",
    ),
    Option("--menu", "", "shows a menu of the entries of isolinux.cfg, with a countdown"),
    Option("--prompt", "", "stops at the boot prompt before anything is started"),
    Option("--bios-only", "", "leaves out the UEFI loader: the disc boots with a BIOS only"),
    Option("--keep-debug", "", "packs the kernel with its debug sections"),
    Option("--no-check", "", "packs the kernel even if the loader would refuse it"),
)

TAKEN = {option.name: option for option in OPTIONS}  # for other commands

COMMAND = Command(
    "image",
    """
Makes an image that boots as a CD, as a disk and from a USB stick, on machines with a BIOS and with
UEFI. In a source tree, what has changed there is compiled first. Files in the folder iso/ are also
copied to the disc; isolinux.cfg says what the disc boots.
""",
    OPTIONS,
    (
        "./build.sh",
        "./build.sh image --kernel my.elf --append 'root=ram0 verbose' --output my.iso",
        "./build.sh image --module initrd.img:readonly --options '-stack=1M'",
        "./build.sh image --kernel my.elf --sign db.key db.crt",
    ),
)


def image(given, finish=None, also=()):
    """Makes the image that these words ask for, and other targets of make; returns the result of
    `finish`: make_disc, unless open_disc is given."""
    config = read_config(given)
    need("build", "image", install=not given.no_install)
    if config.sign:
        need("sign", install=not given.no_install)
    targets = ["build/longjump.c32", *also]
    targets += [] if given.bios_only else ["build/BOOTX64.EFI"]
    targets += [] if given.kernel else ["build/kernel.elf"]
    targets += [] if given.no_check else ["build/check"]
    make(*targets)
    if not given.no_check:
        check_config(config)
    if finish is None:
        from lib.disc import make_disc as finish
    return finish(config)


def check_config(config, what="build the image"):
    """Stops if the loader would refuse this boot, so that the user need not boot to find out;
    otherwise notes what the kernel asks for. `what` the user can do anyway, in words."""
    config.note_files()
    words = words_of(config.kernel, config.append, config.options, config.modules)
    found = look(words, limit=LIMIT)
    findings = found["findings"]
    name = shown(config.kernel)
    for finding in findings:
        if finding["severity"] == "refusal":
            raise Refused(f"the loader would not start {name}:\n\n{finding['text']}\n"
                          f"Use --no-check to {what} anyway", finding)  # fmt: skip
    if not found["starts"]:
        say("  warning  no kernel is started: the options switch the machine off or restart it")
    for finding in findings:
        say(f"  warning  {finding['code']} {finding['summary']}")
    if findings:
        say(f"           see {program()} check {shlex.quote(name)}")
    config.asks = found.get("asks", "")


def read_config(given):
    """The configuration that these words describe, checked as far as possible without a build."""
    if given.sign and given.bios_only:
        raise Stop("--sign signs the UEFI loader, which --bios-only leaves out", 2)
    if given.menu and given.prompt:
        raise Stop("--menu and --prompt exclude each other: leave one of them out", 2)
    words = read_words(given)
    return BootConfiguration(
        kernel=read_kernel(given),
        output=Path(given.output or BUILD / "longjump.iso"),
        hashes=given.hash or bool(given.sign),
        sign=[readable("--sign", name) for name in given.sign or ()],
        bios_only=given.bios_only,
        menu=given.menu,
        prompt=given.prompt,
        **words,
    )


def read_kernel(given):
    """The kernel that the user names, or the sample."""
    return readable("--kernel", given.kernel) if given.kernel else BUILD / "kernel.elf"


def read_words(given):
    """What comes with a kernel, on a disc or in a bundle."""
    options = one_line("--options", given.options)
    if options and not all(word.startswith("-") for word in options.split()):
        raise Stop(f'--options: every option of the loader begins with "-": {options}', 2)
    return {
        "append": one_line("--append", given.append),
        "options": options,
        "modules": [read_module(text) for text in given.module],
        "keep_debug": given.keep_debug,
    }


def read_module(text):
    """Reads [-raw ...] FILE[:STRING]. The file's name may contain a colon."""
    options = re.match(r"(?:-\S+\s+)*", text).group()
    text = text[len(options) :]
    places = [len(text)] + [at for at, letter in enumerate(text) if letter == ":"]
    at = next((at for at in places if os.path.exists(text[:at])), min(places))
    path = readable("--module", text[:at])
    if not path.name.isprintable() or " " in path.name:
        raise Stop(f"--module: isolinux.cfg cannot name a file with spaces: rename {path}")
    return Module(path, one_line("--module", text[at + 1 :]), one_line("--module", options))


def readable(option, name):
    """The path of an ordinary file that can be read."""
    path = Path(name)
    if path.is_dir():
        raise Stop(f"{option}: {name} is a folder, not a file")
    try:
        if path.exists() and not path.is_file():
            raise Stop(f"{option}: {name} is a pipe or a device; put its contents into a file")
        with open(path, "rb"):
            return path
    except OSError as error:
        raise Stop(f"{option}: {name}: {error.strerror}") from None


def one_line(option, text):
    """Checks that a text fits into one line of isolinux.cfg; returns it, stripped."""
    if text is None:
        return None
    if not all(letter.isprintable() or letter == "\t" for letter in text):
        raise Stop(f"{option}: only printable characters fit into isolinux.cfg: {text!r}", 2)
    if "---" in text.split():
        raise Stop(f'{option}: "---" begins a module; use --module for that', 2)
    return text.strip()


if __name__ == "__main__":
    start(lambda words: image(COMMAND.read(words)) and 0)
