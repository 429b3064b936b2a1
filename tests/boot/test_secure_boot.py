"""Secure Boot, with the keys that come with OVMF: what is signed starts, and nothing else."""

import subprocess

import images
import pytest
import secure
import told

LIMIT = 240

pytestmark = secure.needs_sbsign


@pytest.fixture(scope="session")
def sign(tmp_path_factory):
    """Makes a signed image of a test kernel."""
    folder = tmp_path_factory.mktemp("keys")
    key = secure.key(folder)

    def run(kernel):
        made = folder / f"{kernel}.iso"
        if not made.exists():
            words = ["--kernel", images.kernel_path(kernel), "--append", "as signed", "--no-check",
                     "--sign", key, secure.CERTIFICATE, "--output", made]  # fmt: skip
            done = subprocess.run([images.ROOT / "build.sh", "image", *words],
                                  capture_output=True, text=True, check=False)  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
        return made

    return run


@pytest.fixture
def start_secure(start, log):
    """Starts a machine whose Secure Boot is on."""

    def run(path):
        return start(path, medium="cd-ahci", **secure.machine(log))

    return run


def test_what_is_signed_starts(start_secure, sign):
    machine = start_secure(sign("tell"))
    machine.expect_end("exit", told.PASSED, limit=LIMIT)
    assert told.Told(machine.serial()).command_line == "as signed"


def test_what_is_not_signed_does_not(start_secure):
    machine = start_secure(images.make_image(images.kernel_path("tell")))
    machine.wait_serial("Access Denied", limit=LIMIT)
    assert "Longjump" not in machine.serial()


def test_a_signed_loader_starts_nothing_that_was_changed(start_secure, sign, tmp_path):
    """Neither another kernel with the same name, nor what is typed."""
    data = bytearray(sign("tell").read_bytes())
    at = data.index(images.kernel_path("tell").read_bytes()[:4096])
    data[at + 4095] ^= 1
    changed = tmp_path / "changed.iso"
    changed.write_bytes(data)
    machine = start_secure(changed)
    assert "K505" in machine.wait_serial("boot: ", limit=LIMIT), machine.report()
    for typed in ("longjump.c32 kernel.elf", "longjump.c32 -sha256=00 kernel.elf"):
        machine.type(typed + "\n", through="serial")
        assert "K307" in machine.wait_serial("boot: "), machine.report()
    machine.type("exit\n", through="serial")
    machine.wait_serial("BdsDxe: ")


def test_a_signed_loader_reads_no_file_that_it_has_no_hash_of(start, sign):
    """This kernel asks for a module by itself."""
    machine = start(sign("limine_r3"), medium="cd-ahci", uefi=True)
    said = machine.wait_serial("boot: ", limit=LIMIT)
    assert "K513" in said and "inner.txt" in said, machine.report()
