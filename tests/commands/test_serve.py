"""`serve`: what is laid out, and that it is served, on the interface that is named alone."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from projects import ROOT, same

FOLDER = ROOT / "build/network"
pytestmark = [
    pytest.mark.skipif(not shutil.which("dnsmasq"), reason="there is no dnsmasq"),
    pytest.mark.skipif(not os.path.exists("/usr/lib/PXELINUX"), reason="there is no pxelinux"),
    pytest.mark.xdist_group("serve"),  # they make one folder
]


def test_without_an_interface_nothing_is_served(project, kernel, tmp_path):
    (tmp_path / "disk.img").write_text("contents")
    said = project.good("serve", "--kernel", kernel("hlt"), "--append", "some words",
                        "--module", f"{tmp_path}/disk.img:its line")  # fmt: skip
    assert "nothing is served" in said and "  serve " not in said
    text = (FOLDER / "pxelinux.cfg/default").read_text()
    assert "APPEND kernel.elf some words --- disk.img its line\n" in text
    assert same(FOLDER / "longjump.c32", ROOT / "build/longjump.c32")
    assert (FOLDER / "disk.img").read_text() == "contents"
    program = (FOLDER / "BOOTX64.EFI").read_bytes()
    assert program[:2] == b"MZ" and b"kernel.elf some words --- disk.img its line\0" in program
    assert {"lpxelinux.0", "ldlinux.c32", "kernel.elf"} <= {*os.listdir(FOLDER)}


@pytest.mark.parametrize("words, told", [
    (["--interface", "nowhere0"], "--interface nowhere0: "),
    (["--interface", "lo", "--range", "10.0.0.5,10.0.0.9"], "needs two addresses in 127.0.0.0/8"),
    (["--interface", "lo", "--range", "x"], "needs two addresses"),
])  # fmt: skip
def test_what_cannot_be_served_is_told(project, words, told):
    assert told in project.bad("serve", *words, status=2)


# Writes the first block of a file that comes by TFTP (RFC 1350).
FETCH = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    line.settimeout(20)
    line.sendto(b"\\0\\1" + sys.argv[1].encode() + b"\\0octet\\0", ("127.0.0.1", 69))
    sys.stdout.buffer.write(line.recv(1024)[4:])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root serves")
def test_both_kinds_of_clients_are_served(project):
    """In a network of its own, where nobody else hears of it."""
    script = f'ip link set lo up && exec "{ROOT}/build.sh" --no-install serve --interface lo "$@"'
    words = ["--range", "127.0.0.5,127.0.0.9"]
    running = subprocess.Popen(
        ["unshare", "-n", "bash", "-c", script, "-", *words], text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said = ""
        while "TFTP root is" not in said:
            assert running.poll() is None, said
            said += running.stdout.readline()
        inside = ["nsenter", "-t", str(running.pid), "-n", sys.executable, "-c", FETCH]
        for name in ("lpxelinux.0", "BOOTX64.EFI", "pxelinux.cfg/default"):
            got = subprocess.run([*inside, name], capture_output=True, check=True).stdout
            assert got and (FOLDER / name).read_bytes().startswith(got), name
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        said += running.communicate(timeout=20)[0]
    assert "DHCP, IP range 127.0.0.5 -- 127.0.0.9" in said and "Traceback" not in said, said
    assert running.returncode == 143, said
