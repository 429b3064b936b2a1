#!/usr/bin/env python3
# dist - makes an archive or a Debian package of all that is needed
"""The command `dist`: what `install` lays down, as an archive with Syslinux's files, or as a Debian
package that depends on them. The same sources and tools give the same bytes."""

import gzip
import hashlib
import os
import stat
import tarfile
import tempfile
from pathlib import Path

from install import PROGRAMS_HOME, TARGETS, gather, lay_down, version
from lib import debian, menu
from lib.disc import epoch, find_syslinux
from lib.project import BUILD, Stop, make, make_build_folder, need, run, say, shown, start
from lib.words import Option, Command

COMMAND = Command(
    "dist",
    """
Compiles, and packs what `install` would install into build/longjump-VERSION.tar.gz. Unpacked
anywhere, its bin/longjump makes and runs images without a compiler and without Syslinux's packages:
Syslinux's files are in it, with their licence and where their source is. It needs Python, QEMU, and
for images xorriso; what is missing is named.

With --deb it makes the package build/longjump_VERSION_amd64.deb for Debian and systems based on it;
the package depends on what it needs. The maintainer is who DEBFULLNAME and DEBEMAIL say.

The files have the date of SOURCE_DATE_EPOCH, or always the same one.
""",
    (
        Option("--deb", "", "makes a Debian package instead"),
        Option("--output", "FILE", "the file to make"),
    ),
    (
        "./build.sh dist",
        "./build.sh dist --deb && apt-get install ./build/longjump_*.deb",
    ),
)

SYSLINUX = ("isolinux.bin", "isohdpfx.bin", "ldlinux.c32", *menu.FILES)
LICENCES = {"copyright": "/usr/share/doc/syslinux-common/copyright",
            "GPL-2": "/usr/share/common-licenses/GPL-2"}  # fmt: skip
SOURCE = """\
The files in {folder} are parts of Syslinux {version},
unchanged, as Debian distributes them:

{sums}
Syslinux is free software under the GNU General Public License, version 2 or later; the files
copyright and GPL-2 beside this one have its terms. This is its complete source:

    apt-get source syslinux={version}
    https://snapshot.debian.org/package/syslinux/{version}/

Whoever gives this archive to you must also give you that source when you ask, for at least three
years, and for no more than it costs to copy it.
"""


def dist(given):
    """Makes the archive or the package that these words ask for; returns 0."""
    need("build", *(["deb"] if given.deb else ["image"]), install=not given.no_install)
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
            lay_down(Path(folder, name), {**gather("${pcfiledir}/../.."), **syslinux()})
            archive(Path(folder, name), made)
        try:
            os.replace(made, output)
        except OSError as error:
            raise Stop(f"{shown(output)}: {error.strerror}") from None
    say(f"{shown(output)} is made, {(output.stat().st_size + 1023) // 1024} KiB")
    return 0


def syslinux():
    """What is needed of Syslinux, with its terms: the name below the prefix -> the contents."""
    folder = f"{PROGRAMS_HOME}/syslinux"
    files = {f"{folder}/{name}": find_syslinux(name).read_bytes() for name in SYSLINUX}
    sums = [f"    {hashlib.sha256(data).hexdigest()}  {os.path.basename(name)}\n"
            for name, data in files.items()]  # fmt: skip
    try:
        terms = {name: Path(path).read_bytes() for name, path in LICENCES.items()}
    except OSError as error:
        raise Stop(
            f"{error.filename}: {error.strerror}: the archive must have Syslinux's licence;"
            " make it on Debian"
        ) from None
    query = ["dpkg-query", "-W", "-f", "${source:Version}", "syslinux-common"]
    text = SOURCE.format(folder=folder, version=run(query).strip(), sums="".join(sums))
    terms["SOURCE"] = text.encode()
    home = "share/doc/longjump/syslinux"
    return {**files, **{f"{home}/{name}": data for name, data in terms.items()}}


def archive(folder, output):
    """Packs a folder, in the order of its names, as files of root's with one date. Every machine
    has gzip; a bare one has no xz."""

    def plain(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = epoch()
        return entry

    with open(output, "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, epoch()) as packed:
            with tarfile.open(fileobj=packed, mode="w") as tar:
                for path in [folder, *sorted(folder.rglob("*"))]:
                    tar.add(path, path.relative_to(folder.parent), recursive=False, filter=plain)
    os.chmod(output, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)


if __name__ == "__main__":
    start(lambda words: dist(COMMAND.read(words)))
