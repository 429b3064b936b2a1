"""third_party.py - what an archive contains of others' programs: Syslinux's files, and xorriso with
its libraries, unchanged, as Debian distributes them, with their licences and where their source is.

Knows Debian's packages and where they put licences; nothing of how an archive is made.
"""

import hashlib
import re
import shutil
from pathlib import Path

from lib import menu
from lib.disc import find_syslinux
from lib.project import Stop, run

SYSLINUX = ("isolinux.bin", "isohdpfx.bin", "ldlinux.c32", *menu.FILES)
EVERYWHERE = ("libc.so.6", "libpthread.so.0")  # the C library is the machine's own
LICENCE = re.compile(r"/usr/share/common-licenses/([A-Za-z]+(?:-\d+(?:\.\d+)?)?)")
SOURCE = """\
These files come from Debian's packages, unchanged:

{sums}
They are free software, each under the terms in PACKAGE.copyright beside this file; the licences
that those name are here as well. This is their complete source:

{sources}
Whoever gives this archive to you must also give you that source when you ask, for at least three
years, and for no more than it costs to copy it.
"""
# Finds its libraries wherever the archive was unpacked.
XORRISO = """\
#!/bin/sh
folder=${0%/*}/../xorriso
LD_LIBRARY_PATH=$folder exec "$folder/xorriso" "$@"
"""


def third_party(programs, documents):
    """What goes into two folders: the name below the prefix -> the contents."""
    paths = {f"syslinux/{name}": find_syslinux(name) for name in SYSLINUX}
    paths |= {f"xorriso/{path.name}": path for path in xorriso()}
    files = {f"{programs}/{name}": path.read_bytes() for name, path in paths.items()}
    terms = terms_of({f"{programs}/{name}": path for name, path in paths.items()})
    files |= {f"{documents}/{name}": data for name, data in terms.items()}
    return {**files, f"{programs}/bin/xorriso": XORRISO.encode()}


def xorriso():
    """The program and the libraries that it loads."""
    program = shutil.which("xorriso")
    if program is None:
        raise Stop("xorriso is not installed, and the archive must have it: ./build.sh setup")
    found = re.findall(r" => (/\S+) ", run(["ldd", program]))
    return [Path(program), *(Path(path) for path in found if Path(path).name not in EVERYWHERE)]


def terms_of(paths):
    """The licences of files, and SOURCE, which says where the sources are."""
    packages = {name: package_of(path) for name, path in paths.items()}
    terms = {f"{package}.copyright": read(f"/usr/share/doc/{package}/copyright")
             for package in packages.values()}  # fmt: skip
    named = {name for text in terms.values() for name in LICENCE.findall(text.decode())}
    terms |= {name: read(f"/usr/share/common-licenses/{name}") for name in named}
    sums = [f"    {hashlib.sha256(path.read_bytes()).hexdigest()}  {name} ({packages[name]})\n"
            for name, path in paths.items()]  # fmt: skip
    sources = sorted({source_of(package) for package in packages.values()})
    terms["SOURCE"] = SOURCE.format(sums="".join(sums), sources="".join(sources)).encode()
    return dict(sorted(terms.items()))


def package_of(path):
    """The Debian package that a file belongs to; /lib may be a link to /usr/lib."""
    pattern = "*" + re.sub("^/usr/", "/", str(path))
    return run(["dpkg-query", "-S", pattern]).partition(":")[0]


def source_of(package):
    """Where the source of a package is, in words."""
    form = "${source:Package}\t${source:Version}"
    name, version = run(["dpkg-query", "-W", "-f", form, package]).splitlines()[0].split("\t")
    return (f"    apt-get source {name}={version}\n"
            f"    https://snapshot.debian.org/package/{name}/{version}/\n")  # fmt: skip


def read(path):
    """The bytes of a licence."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Stop(
            f"{path}: {error.strerror}: the archive must have the licences of what is in it;"
            " make it on Debian"
        ) from None
