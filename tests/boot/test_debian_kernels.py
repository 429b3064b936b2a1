"""Kernels from Debian's packages, not written for these tests: they boot as their authors
intended."""

import pathlib
import re
import shutil
import subprocess

import images
import pytest

MACH = "gnumach-image-1.8-486"
PACKAGES = {
    "xen": ("xen-hypervisor-4.17-amd64", "boot/xen-4.17-amd64.gz"),
    "mach": (MACH, "boot/gnumach-1.8-486.gz"),
    "tboot": ("tboot", "boot/tboot.gz"),
    "invaders": ("grub-invaders", "boot/invaders.exec"),
}


@pytest.fixture
def foreign():
    """The file of a kernel from its package, which is fetched once; skips if there is no such
    package."""

    def fetch(name):
        package, path = PACKAGES[name]
        folder = images.TESTS / "foreign" / name
        with images.lock("foreign"):
            if not (folder / path).exists():
                unpack(package, folder)
        return folder / path

    return fetch


def unpack(package, folder):
    """Fetches a package and unpacks it; nothing of it is installed."""
    if not shutil.which("apt-get"):
        pytest.skip("Debian's packages cannot be fetched here")
    folder.mkdir(parents=True, exist_ok=True)
    got = subprocess.run(["apt-get", "-q", "download", package], cwd=folder, capture_output=True)
    found = list(pathlib.Path(folder).glob("*.deb"))
    if got.returncode or not found:
        pytest.skip(f"apt-get download {package}: {got.stderr.decode(errors='replace')[-200:]}")
    subprocess.run(["dpkg", "-x", found[0], folder], check=True)
    found[0].unlink()


@pytest.mark.parametrize("options", ["", "-protocol=multiboot1"])
def test_xen_starts_and_reads_its_module(boot, foreign, tmp_path, options):
    (tmp_path / "dom0").write_bytes(b"not a kernel")
    machine = boot(
        foreign("xen"),
        options=options,
        append="com1=115200,8n1 console=com1 noreboot",
        modules=[f"{tmp_path}/dom0:for dom0"],
        memory=512,
        debug_exit=False,
    )
    machine.wait_serial("noreboot' specified", limit=120)
    said = machine.serial()
    assert "Xen version 4.17" in said and "Bootloader: Longjump 2." in said
    assert "Command line: com1=115200,8n1 console=com1 noreboot" in said
    assert "dom0" in said or "domain 0" in said, "its verdict on the module"
    base = int(re.search(r"Xen image load base address: (\w+)", said).group(1), 0)
    if options == "":
        assert base > 400 << 20, "as high as can be, as its Multiboot 2 header asks"
    else:
        assert base == 0


@pytest.mark.parametrize("options", ["", "-protocol=multiboot1"])
def test_tboot_finds_no_txt(boot, foreign, options):
    """28 MiB of it are zeroes that its linker put into the file."""
    append = "logging=serial,vga"
    machine = boot(foreign("tboot"), append, options, memory=256, debug_exit=False)
    said = machine.wait_serial("TB_SHUTDOWN_HALT", limit=120)
    assert f"command line: kernel.elf {append}" in said
    assert "0000000000100000 - 000000000ffe0000  (1)" in said, "our memory map"
    if options == "":
        assert "width: 2560" in said, "the screen that only its newer header asks for"


def test_gnu_mach_prints_its_memory_map(boot, foreign):
    machine = boot(foreign("mach"), append="console=com0", memory=128, debug_exit=False)
    said = machine.wait_serial("No bootstrap code loaded with the kernel", limit=120)
    assert "GNU Mach 1.8" in said
    assert "biosmem: 000000000000100000:000000000007fe0000, available" in said


def test_grub_invaders_invade(boot, foreign):
    machine = boot(foreign("invaders"), memory=64, debug_exit=False)
    machine.wait_serial("kernel.elf")
    for _ in range(30):
        machine.expect_end("hang", limit=1)
        if machine.screen_text().count("-*-") >= 20:
            return
    raise AssertionError("there are no invaders:\n" + machine.screen_text())
