"""Makes a small ISOLINUX disc from an isolinux.cfg and a few files, for tests that need more than
`build.sh image` offers. Knows where Debian keeps Syslinux."""

import pathlib
import shutil
import subprocess
import tempfile

ISOLINUX = pathlib.Path("/usr/lib/ISOLINUX/isolinux.bin")
LDLINUX = pathlib.Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")


def make(output, config, files):
    """Writes an isohybrid ISO whose /isolinux holds the configuration and the files ({name: path or
    bytes})."""
    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root, "isolinux")
        folder.mkdir()
        for source in (ISOLINUX, LDLINUX):
            shutil.copy(source, folder)
        (folder / "isolinux.cfg").write_text(config)
        for name, content in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(
                content if isinstance(content, bytes) else pathlib.Path(content).read_bytes()
            )
        command = [
            "genisoimage",
            "-quiet",
            "-R",
            "-J",
            "-b",
            "isolinux/isolinux.bin",
            "-c",
            "isolinux/boot.cat",
            "-no-emul-boot",
            "-boot-load-size",
            "4",
            "-boot-info-table",
            "-o",
            str(output),
            root,
        ]
        subprocess.run(command, check=True, capture_output=True, text=True)
    subprocess.run(["isohybrid", str(output)], check=True, capture_output=True, text=True)
    return pathlib.Path(output)
