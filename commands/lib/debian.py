"""debian.py - makes a Debian package of a folder in which everything is installed below usr/.

Knows Debian's policy and its tools; nothing of the files, except the few that Debian wants
elsewhere.
"""

import gzip
import hashlib
import os
import tempfile
from email.utils import formatdate
from pathlib import Path

from lib.project import ROOT, run

ARCHITECTURE = "amd64"
MAINTAINER = ("The Longjump authors", "maintainers@longjump.invalid")
ELF_FILES = ("check", "postmortem")  # programs for the machine that the package is installed on
# dpkg replaces `uninstall` and its list, and Debian has a standard place for licences.
NOT_WANTED = ("share/longjump/installed", "share/longjump/commands/uninstall.py",
              "share/longjump/LICENSE")  # fmt: skip
CONTROL = """\
Package: longjump
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: {libraries}, python3 (>= 3.8), isolinux, syslinux-common, genisoimage | xorriso, \
syslinux-utils | xorriso, qemu-system-x86
Recommends: binutils, gdb, ovmf, python3 (>= 3.11) | python3-tomli
Suggests: dnsmasq-base, pxelinux, sbsigntool
Section: devel
Priority: optional
Description: boots 64-bit kernels from BIOS and UEFI and explains their faults
 Longjump starts an ELF64 kernel in long mode: from one image that is a CD,
 a disk and a USB stick, on machines with a BIOS and with UEFI, by QEMU's
 -kernel option, or from the network. Kernels made for Limine, Multiboot and
 the Rust crate bootloader start unchanged.
 .
 The program longjump makes the images, runs and tests kernels in QEMU,
 checks them without booting, and explains what went wrong.
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Longjump

Files: *
Copyright: 2026 The Longjump authors
License: Expat
"""
CHANGELOG = """\
longjump ({version}) unstable; urgency=medium

  * Made by `./build.sh dist --deb`. /usr/share/longjump/CHANGELOG.md lists
    what is new.

 -- {maintainer}  {date}
"""
# The loader and the sample kernel run without an operating system, so without its libraries, and a
# kernel's symbols are what its faults are explained with.
OVERRIDES = """\
longjump: statically-linked-binary [usr/lib/longjump/kernel.elf]
longjump: statically-linked-binary [usr/lib/longjump/longjump.elf]
longjump: unstripped-binary-or-object [usr/lib/longjump/kernel.elf]
"""


def pack(root, output, version, date):
    """Makes the package `output` from a folder with usr/ in it; changes the folder."""
    for name in NOT_WANTED:
        (root / "usr" / name).unlink()
    maintainer = "{} <{}>".format(*maintainer_of(os.environ))
    compress_page(root / "usr/share/man/man1/longjump.1", date)
    documents = {
        "doc/longjump/copyright": copyright_text().encode(),
        "doc/longjump/changelog.gz": gzip.compress(
            CHANGELOG.format(
                version=version, maintainer=maintainer, date=formatdate(date)
            ).encode(), 9, mtime=date,
        ),
        "lintian/overrides/longjump": OVERRIDES.encode(),
    }  # fmt: skip
    for name, data in documents.items():
        path = root / "usr/share" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    make_control(root, version, maintainer)
    set_modes(root)
    command = ["env", f"SOURCE_DATE_EPOCH={date}", "dpkg-deb", "--root-owner-group", "-Zxz"]
    run([*command, "--build", root, output])


def maintainer_of(environment):
    """The maintainer's name and address, from the variables that Debian's tools use."""
    keys = ("DEBFULLNAME", "DEBEMAIL")
    return [environment.get(key) or usual for key, usual in zip(keys, MAINTAINER)]


def copyright_text():
    """The machine-readable copyright file, with the terms of our licence."""
    _, _, terms = (ROOT / "LICENSE").read_text("utf-8").partition("authors\n\n")
    return COPYRIGHT + "".join(f" {line or '.'}\n" for line in terms.splitlines())


def compress_page(page, date):
    """The manual page, compressed, in place of a link to it."""
    text = page.read_bytes()
    page.unlink()
    page.with_name(page.name + ".gz").write_bytes(gzip.compress(text, 9, mtime=date))


def make_control(root, version, maintainer):
    """Writes the package's control files."""
    files = sorted(path for path in (root / "usr").rglob("*") if path.is_file())
    plain = [path for path in files if not path.is_symlink()]
    size = sum(-(-path.stat().st_size // 1024) for path in plain)
    sums = [f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n"
            for path in plain]  # fmt: skip
    folder = root / "DEBIAN"
    folder.mkdir()
    (folder / "control").write_text(
        CONTROL.format(version=version, architecture=ARCHITECTURE, maintainer=maintainer,
                       size=size, libraries=libraries(root)), "utf-8",
    )  # fmt: skip
    (folder / "md5sums").write_text("".join(sums), "utf-8")


def libraries(root):
    """The packages whose libraries the programs need, from dpkg-shlibdeps."""
    programs = [f"-e{path}" for path in sorted((root / "usr/lib/longjump").iterdir())
                if path.name in ELF_FILES]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "debian").mkdir()
        Path(folder, "debian/control").write_text(
            "Source: longjump\n\nPackage: longjump\nArchitecture: any\n"
        )
        said = run(["dpkg-shlibdeps", "-O", *programs], cwd=folder)
    return said.partition("shlibs:Depends=")[2].splitlines()[0]


def set_modes(root):
    """Folders may be entered, and files read, by everybody."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            is_program = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_program else 0o644)
