"""Makes a small ISOLINUX disc from an isolinux.cfg and a few files, for tests that need more than
`build.sh image` offers. Knows where Debian keeps Syslinux."""

import mmap
import pathlib
import shutil
import subprocess
import tempfile

from lib import esp
from lib.iso9660 import Disc

ISOLINUX = pathlib.Path("/usr/lib/ISOLINUX/isolinux.bin")
LDLINUX = pathlib.Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")
WORDS = [
    *("-quiet", "-R", "-J", "-joliet-long", "-b", "isolinux/isolinux.bin", "-c", esp.CATALOGUE),
    *("-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"),
]


def make(output, config, files, uefi=None):
    """Writes an isohybrid ISO whose /isolinux holds the configuration and the files ({name: path or
    bytes}). With `uefi`, the path of a program, firmware of that kind starts it."""
    with tempfile.TemporaryDirectory() as top:
        root = pathlib.Path(top, "root")
        folder = root / "isolinux"
        folder.mkdir(parents=True)
        for source in (ISOLINUX, LDLINUX):
            shutil.copy(source, folder)
        (folder / "isolinux.cfg").write_text(config)
        for name, content in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(
                content if isinstance(content, bytes) else pathlib.Path(content).read_bytes()
            )
        words = keep_room(root, uefi, pathlib.Path(top, "sort")) if uefi else []
        command = ["genisoimage", *WORDS, *words, "-o", str(output), str(root)]
        subprocess.run(command, check=True, capture_output=True, text=True)
    subprocess.run(["isohybrid", str(output)], check=True, capture_output=True, text=True)
    if uefi:
        with open(output, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
            esp.write(Disc(data), 0)
    return pathlib.Path(output)


def keep_room(root, program, sort):
    """Adds a program for UEFI and the space for its partition to the files; returns the arguments
    that put that first."""
    (root / esp.LOADER).parent.mkdir(parents=True)
    shutil.copy(program, root / esp.LOADER)
    files = [path for path in root.rglob("*") if path.is_file()]
    sizes = {str(path.relative_to(root)): path.stat().st_size for path in files}
    with open(root / esp.PARTITION, "wb") as file:
        file.truncate(esp.room(sizes))
    lines = [f"{root}/{path} {-place}\n" for place, path in enumerate(esp.FIRST, -len(esp.FIRST))]
    sort.write_text("".join(lines))
    return ["-no-pad", "-iso-level", "3", "-sort", str(sort)]
