"""From the network, with QEMU's own cards and servers: by TFTP and by HTTP."""

import pathlib
import shutil
import subprocess

import images
import pytest
import told

PXELINUX = pathlib.Path("/usr/lib/PXELINUX")
needs_pxelinux = pytest.mark.skipif(not PXELINUX.is_dir(), reason="there is no pxelinux")
CONFIG = "SERIAL 0 115200\nDEFAULT it\nLABEL it\n  COM32 {0}longjump.c32\n  APPEND {0}{1}\n"


def lay_out(folder, first, prefix, words):
    """What PXELINUX needs, with the files that it is to load by the names that begin so."""
    shutil.copy(PXELINUX / first, folder / "start")
    shutil.copy("/usr/lib/syslinux/modules/bios/ldlinux.c32", folder)
    shutil.copy(images.BUILD / "longjump.c32", folder)
    (folder / "pxelinux.cfg").mkdir()
    (folder / "pxelinux.cfg/default").write_text(CONFIG.format(prefix, words))


def word_for(index):
    """What modules.c expects there."""
    return (index + 1) * 0x9E3779B97F4A7C15 % (1 << 64)


@needs_pxelinux
@pytest.mark.parametrize("first, machine", [("pxelinux.0", "net-q35"), ("lpxelinux.0", "net-pc")])
def test_every_byte_comes_over_the_network(start, site, first, machine):
    """By TFTP, where sizes are known in advance; by HTTP, where only the end of a file shows its
    size. The module is larger than the first block of memory for it."""
    folder, address = site
    prefix = address if first == "lpxelinux.0" else ""
    lay_out(folder, first, prefix, f"modules.elf --- {prefix}module.bin some words")
    shutil.copy(images.kernel_path("modules"), folder / "modules.elf")
    data = b"".join(word_for(i).to_bytes(8, "little") for i in range(700000))[:5555555]
    (folder / "module.bin").write_bytes(data)
    done = start(folder, medium=machine)
    done.expect_end("exit", told.PASSED)
    assert "module.bin: 5555555 bytes" in done.serial()


def test_uefi_firmware_loads_a_wrapped_kernel_by_tftp(start, tmp_path):
    """One file, with everything that it needs."""
    module = tmp_path / "module.bin"
    module.write_bytes(b"".join(word_for(i).to_bytes(8, "little") for i in range(300000)))
    folder = tmp_path / "site"
    folder.mkdir()
    command = [images.ROOT / "build.sh", "--no-install", "wrap", images.kernel_path("modules"),
               "--module", f"{module}:some words", "--format", "efi",
               "--output", folder / "start"]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    machine = start(folder, medium="net-q35", uefi=True)
    machine.expect_end("exit", told.PASSED, limit=180)
    assert "module.bin: 2400000 bytes" in machine.serial()
