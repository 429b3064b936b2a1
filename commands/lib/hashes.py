"""hashes.py - writes the SHA-256 of each file into isolinux.cfg, where the loader checks it.

Knows where the loader's options stand in an APPEND line: for the kernel before its name, for a
module between its "---" and its name.
"""

import hashlib
import re

from lib.project import Stop


def with_hashes(config, staged):
    """isolinux.cfg with -sha256=HEX before each file that longjump.c32 is to load.

    staged: path on the disc -> file here.
    """
    lines, ours = [], False
    for line in config.splitlines():
        words = line.split()
        keyword = words[0].lower() if words else ""
        if keyword in ("com32", "kernel", "linux", "label"):
            ours = len(words) > 1 and words[1].endswith("longjump.c32")
        lines.append(hash_line(line, staged) if keyword == "append" and ours else line)
    return "\n".join(lines) + "\n"


def hash_line(line, staged):
    """One APPEND line with the digests put in."""
    indent = re.match(r"\s*", line).group()
    append, *words = line.split()
    done, expect_file = [append], True
    for word in words:
        if word == "---":
            expect_file = True
        elif expect_file and not word.startswith("-"):
            done.append(f"-sha256={digest(word, staged)}")
            expect_file = False
        if not (expect_file and word.startswith("-sha256=")):
            done.append(word)
    return indent + " ".join(done)


def digest(name, staged):
    """The digest of a file that isolinux.cfg names, relative to its own folder or to the root."""
    path = name[1:] if name.startswith("/") else f"isolinux/{name.removeprefix('./')}"
    if path not in staged:
        raise Stop(f"--hash: isolinux.cfg names {name}, which is not on the disc")
    return hashlib.sha256(staged[path].read_bytes()).hexdigest()
