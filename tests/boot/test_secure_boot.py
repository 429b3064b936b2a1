"""Secure Boot, with the keys that OVMF brings: what is signed starts, and nothing else."""

import shutil
import subprocess

import images
import pytest
import told
import vm

KEYS = "/usr/share/ovmf/PkKek-1-snakeoil"
CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"
LIMIT = 240

pytestmark = pytest.mark.skipif(not shutil.which("sbsign"), reason="there is no sbsign")


@pytest.fixture(scope="session")
def sign(tmp_path_factory):
    """Makes a signed image of a test kernel."""
    folder = tmp_path_factory.mktemp("keys")
    key = folder / "db.key"
    command = ["openssl", "rsa", "-passin", "pass:snakeoil", "-in", f"{KEYS}.key", "-out", key]
    subprocess.run(command, check=True, capture_output=True)

    def run(kernel):
        made = folder / f"{kernel}.iso"
        if not made.exists():
            words = ["--kernel", images.kernel_path(kernel), "--append", "as signed", "--no-check",
                     "--sign", key, f"{KEYS}.pem", "--output", made]  # fmt: skip
            done = subprocess.run([images.ROOT / "build.sh", "image", *words],
                                  capture_output=True, text=True, check=False)  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
        return made

    return run


@pytest.fixture
def start_secure(start, log):
    """Starts a machine whose Secure Boot is on."""

    def run(path):
        variables = log / "variables.fd"
        shutil.copyfile(VARIABLES, variables)
        extra = ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}",
                 "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
                 "-global", "driver=cfi.pflash01,property=secure,value=on"]  # fmt: skip
        return start(path, medium="cd-ahci", machine="smm=on", extra=extra)

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
    """Not another kernel under the same name, nor what is typed."""
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
