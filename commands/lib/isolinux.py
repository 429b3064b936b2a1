"""isolinux.py - the isolinux.cfg of a disc: the one of the project, with what the user wants."""

import re

from lib import menu
from lib.append import append_words
from lib.pattern import Pattern
from lib.project import ROOT, Stop

KERNEL_LINE = Pattern(r"(\s*append\s+)((?:\S+\s+)*?)kernel\.elf(\s.*)?", re.IGNORECASE)
LONGEST = 2047 - len(".com32 longjump.c32 ")  # bytes after APPEND; tried with Syslinux 6.04


def isolinux_cfg(config):
    """isolinux.cfg for this disc, with the configuration in the lines that start kernel.elf."""
    path = ROOT / "isolinux.cfg"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
    lines = menu.with_menu(lines) if config.menu else lines
    lines = menu.with_prompt(lines) if config.prompt else lines
    if config.append is None and config.options is None and not config.modules:
        return "\n".join(lines) + "\n"
    changed = [append_line(line, config) for line in lines]
    if not any(KERNEL_LINE.fullmatch(line) for line in lines):
        raise Stop(f"{path}: no APPEND line names kernel.elf, so there is nothing to add to")
    return "\n".join(changed) + "\n"


def append_line(line, config):
    """An APPEND line with the loader's options, the command line and the modules of the
    configuration."""
    match = KERNEL_LINE.fullmatch(line)
    if not match:
        return line
    start, options, after = match.group(1), match.group(2), match.group(3) or ""
    command_line, *others = re.split(r"(?:^|\s)---(?=\s|$)", after)
    append = command_line if config.append is None else config.append
    words = append_words("kernel.elf", append, f"{options} {config.options or ''}")
    for part in others:
        words += ["---", *part.split()]
    named = [(module.path.name, module.line, module.options) for module in config.modules]
    words += append_words("", modules=named)[1:]
    text = " ".join(words)
    if len(text.encode()) > LONGEST:
        raise Stop(
            f"isolinux.cfg: with these options, {len(text.encode())} bytes would follow APPEND;"
            f" ISOLINUX takes at most {LONGEST}"
        )
    return start + text
