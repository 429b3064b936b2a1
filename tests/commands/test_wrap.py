"""`wrap`: what it makes, byte for byte, and what it refuses."""

import random
import re
import shutil
import struct
import subprocess

import pytest
from lib.bundle import CHUNK, checksum, make_bundle
from projects import ROOT

KERNEL = ROOT / "build/kernel.elf"


def slow_checksum(data):
    """The sum as docs/bundle.md describes it, step by step."""
    data += bytes(-len(data) % 16)
    totals, sums = [0] * 4, [0] * 4
    for at, (word,) in enumerate(struct.iter_unpack("<I", data)):
        totals[at % 4] = (totals[at % 4] + word) % (1 << 32)
        sums[at % 4] = (sums[at % 4] + totals[at % 4]) % (1 << 32)
    return totals + sums


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 63, 64, 65, 1000, CHUNK + 5, 2 * CHUNK + 16])
def test_the_sum_is_what_the_papers_say(size):
    data = random.Random(size).randbytes(size)
    assert checksum(data) == slow_checksum(data)


def test_files_begin_at_pages_and_large_ones_at_large_pages():
    bundle = make_bundle("k", {"k": b"x" * 5000, "m": b"y" * (3 << 20)})
    places = [struct.unpack_from("<QQQ", bundle, 72 + 56 * i)[1:] for i in range(2)]
    assert places == [(4096, 5000), (2 << 20, 3 << 20)]
    assert bundle[4096:9096] == b"x" * 5000 and bundle[2 << 20 :] == b"y" * (3 << 20)


def test_the_same_kernel_makes_the_same_file(project, tmp_path):
    for name in ("one", "two"):
        project.good("wrap", KERNEL, "--output", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_only_what_was_made_by_it_is_overwritten(project, tmp_path):
    output = tmp_path / "mine"
    output.write_text("precious")
    said = project.bad("wrap", KERNEL, "--output", output)
    assert "was not made by Longjump" in said and output.read_text() == "precious"
    output.unlink()
    project.good("wrap", KERNEL, "--output", output)
    project.good("wrap", KERNEL, "--output", output, "--append", "x")


def test_a_file_is_written_to_where_a_link_leads(project, tmp_path):
    output, link = tmp_path / "mine", tmp_path / "links/link"
    link.parent.mkdir()
    link.symlink_to(output)
    project.good("wrap", KERNEL, "--output", link)
    assert link.is_symlink() and output.is_file() and {*tmp_path.iterdir()} == {output, link.parent}


def test_a_kernel_that_would_not_start_is_not_wrapped(project, tmp_path):
    bad = tmp_path / "bad.elf"
    bad.write_bytes(KERNEL.read_bytes()[:100])
    said = project.bad("wrap", bad, "--output", tmp_path / "out")
    assert "K10" in said and not (tmp_path / "out").exists()


def test_exactly_one_kernel_is_required(project):
    assert "one kernel" in project.bad("wrap", status=2)


def test_a_program_for_uefi_has_the_bundle_as_a_section(project, tmp_path):
    output = tmp_path / "my.efi"
    project.good("wrap", KERNEL, "--format", "efi", "--append", "x y", "--output", output)
    said = subprocess.run(["objdump", "-h", output], capture_output=True, text=True).stdout
    size, address, offset = re.search(
        r" \.bundle +(\w+) +(\w+) +\w+ +(\w+) ", said
    ).groups()  # fmt: skip
    data, at = output.read_bytes(), int(offset, 16)
    assert data[at : at + 8] == b"LJBUNDLE" and b"kernel.elf x y\0kernel.elf\0" in data[at:]
    assert len(data) >= at + int(size, 16) and len(data) % 512 == 0
    begin = struct.unpack_from("<II", data, 0x20)
    assert begin == (int(address, 16), int(address, 16) + int(size, 16))
    assert "one of elf, efi" in project.bad("wrap", KERNEL, "--format", "exe", status=2)


@pytest.mark.skipif(not shutil.which("sbsign"), reason="there is no sbsign")
def test_a_signature_covers_all_of_it(project, tmp_path):
    key, signed = tmp_path / "key", tmp_path / "signed.efi"
    project.good("wrap", KERNEL, "--format", "efi", "--output", tmp_path / "my.efi")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]
    subprocess.run([*request, "-keyout", key, "-out", tmp_path / "cert"], check=True,
                   stderr=subprocess.DEVNULL)  # fmt: skip
    done = subprocess.run(
        ["sbsign", "--key", key, "--cert", tmp_path / "cert", "--output", signed,
         tmp_path / "my.efi"], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr
    verify = ["sbverify", "--cert", tmp_path / "cert", signed]
    assert subprocess.run(verify, capture_output=True).returncode == 0
    data = bytearray(signed.read_bytes())
    data[data.rindex(b"LJBUNDLE") + 5000] ^= 1
    signed.write_bytes(data)
    assert subprocess.run(verify, capture_output=True).returncode != 0
