#!/usr/bin/env python3
# dist - makes an archive or a Debian package with everything built
"""The command `dist`: packs what `install` installs into an archive, with Syslinux's files and
xorriso, or into a Debian package that depends on them. The same sources and tools give the same
bytes."""

import gzip
import os
import stat
import tarfile
import tempfile
from pathlib import Path

from install import PROGRAMS_HOME, TARGETS, gather, lay_down, version
from lib import debian
from lib.disc import epoch
from lib.making import make
from lib.project import BUILD, Stop, make_build_folder, need, say, shown, start
from lib.third_party import third_party
from lib.words import Option, Command

COMMAND = Command(
    "dist",
    """
Compiles, and packs into build/longjump-VERSION.tar.gz what `install` would install. Unpack it
anywhere: its bin/longjump makes and runs images on x86-64 Linux with glibc 2.34 or later, and needs
only bash, Python 3.8 or later, and QEMU. Syslinux's files and xorriso are in the archive, with
their licences and a note that says where to get their source.

With --deb, it makes the package build/longjump_VERSION_amd64.deb for Debian and systems based on it
instead; apt installs what the package needs. DEBFULLNAME and DEBEMAIL name the maintainer.

The files have the date in SOURCE_DATE_EPOCH, or else a fixed date.
""",
    (
        Option("--deb", "", "makes a Debian package instead"),
        Option("--output", "FILE", "the file to make"),
    ),
    (
        "./build.sh dist",
        "./build.sh dist --deb && sudo apt install ./build/longjump_*.deb",
    ),
)

TERMS_HOME = "share/doc/longjump/third-party"


def dist(given):
    """Makes the archive or the package that these words ask for; returns 0."""
    need("build", "deb" if given.deb else "archive", install=not given.no_install)
    make(*TARGETS)
    make_build_folder()
    name = f"longjump-{version()}"
    package = f"longjump_{version()}_{debian.ARCHITECTURE}.deb"
    output = Path(given.output or BUILD / (package if given.deb else f"{name}.tar.gz"))
    with tempfile.TemporaryDirectory(prefix="dist.", dir=BUILD) as folder:
        made = Path(folder, "made")
        if given.deb:
            prefix = Path(folder, "root/usr")
            lay_down(prefix, gather("/usr"))
            debian.pack(prefix.parent, made, version(), epoch())
        else:
            files = gather("${pcfiledir}/../..")
            lay_down(Path(folder, name), {**files, **third_party(PROGRAMS_HOME, TERMS_HOME)})
            archive(Path(folder, name), made)
        try:
            os.replace(made, output)
        except OSError as error:
            raise Stop(f"{shown(output)}: {error.strerror}") from None
    say(f"{shown(output)} is ready, {(output.stat().st_size + 1023) // 1024} KiB")
    return 0


def archive(folder, output):
    """Packs a folder, sorted by name; all files belong to root and have the same date. With gzip,
    since a bare machine has no xz."""

    def plain(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = epoch()
        return entry

    with open(output, "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, epoch()) as packed:
            with tarfile.open(fileobj=packed, mode="w") as tar:  # type: ignore[arg-type]
                for path in [folder, *sorted(folder.rglob("*"))]:
                    tar.add(path, path.relative_to(folder.parent), recursive=False, filter=plain)
    os.chmod(output, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)


if __name__ == "__main__":
    start(lambda words: dist(COMMAND.read(words)))
