"""GRUB and iPXE start Longjump as they start any Multiboot kernel: alone, with files that they
load, and as one file with everything in it."""

import shutil
import subprocess

import images
import pytest
import told

GRUB_CONFIG = """\
multiboot /longjump.elf tell.elf from grub
module /tell.elf tell.elf
boot
"""


@pytest.mark.skipif(not shutil.which("grub-mkrescue"), reason="there is no grub-mkrescue")
def test_grub_starts_it_with_a_kernel_as_a_module(start, tmp_path):
    tree, image = tmp_path / "tree", tmp_path / "grub.iso"
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/grub/grub.cfg").write_text(GRUB_CONFIG)
    shutil.copy(images.BUILD / "longjump.elf", tree)
    shutil.copy(images.kernel_path("tell"), tree / "tell.elf")
    modules = "--install-modules=multiboot iso9660 biosdisk normal"
    command = ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "-o", image, tree]
    command += ["--fonts=", "--themes=", "--locales=", modules]
    subprocess.run(command, check=True, capture_output=True)
    machine = start(image, medium="cd-ide")
    machine.expect_end("exit", told.PASSED)
    assert told.Told(machine.serial()).command_line == "from grub"


def test_ipxe_starts_a_wrapped_kernel_by_http(start, site):
    """It is the ROM of QEMU's network cards."""
    folder, address = site
    command = [images.ROOT / "build.sh", "--no-install", "wrap", images.kernel_path("tell"),
               "--append", "its own", "--output", folder / "my.boot"]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (folder / "start").write_text(f"#!ipxe\nkernel {address}my.boot and more\nboot\n")
    machine = start(folder, medium="net-pc")
    machine.expect_end("exit", told.PASSED)
    assert told.Told(machine.serial()).command_line == "its own and more"
