"""`serve`: what is laid out, and that it is served, only on the interface that is named."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

import images
import serve
from lib.ovmf import uefi_arguments
from lib.project import Stop
from projects import ROOT, same

FOLDER = ROOT / "build/network"
pytestmark = [
    pytest.mark.skipif(not shutil.which("dnsmasq"), reason="there is no dnsmasq"),
    pytest.mark.skipif(not os.path.exists("/usr/lib/PXELINUX"), reason="there is no pxelinux"),
    pytest.mark.xdist_group("serve"),  # they make the same folder
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
def test_what_cannot_be_served_is_reported(project, words, told):
    assert told in project.bad("serve", *words, status=2)


def test_only_root_serves(monkeypatch):
    """Said before anything is made, and not by dnsmasq, of a file that it cannot write."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Stop, match=r"only root may serve .*\./build\.sh serve"):
        serve.serve(serve.COMMAND.read(["--no-install", "--interface", "lo"]))


@pytest.mark.parametrize("name", ["longjump.c32", "pxelinux.cfg"])
def test_a_module_does_not_take_the_place_of_the_loader(project, tmp_path, name):
    (tmp_path / name).write_bytes(b"a module")
    said = project.bad("serve", "--module", str(tmp_path / name))
    assert f"another file called {name}: rename " in said


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
    """In a separate network, where nobody else notices."""
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


# A separate network, named by the process in it: a bridge, with a tap device for a client.
BRIDGE = """ip link set lo up
ip link add bridge type bridge && ip addr add 10.9.0.1/24 dev bridge && ip link set bridge up
ip tuntap add client mode tap && ip link set client master bridge up
exec sleep infinity"""
# Another computer on it, which assigns addresses and knows nothing of booting.
OTHER = """ip addr add 10.9.0.2/24 dev cable && ip link set cable up
exec dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null --port=0 --user=root \\
    --interface=cable --bind-interfaces --dhcp-range=10.9.0.50,10.9.0.99 \\
    --leasefile-ro"""
CLIENTS = {
    "a BIOS": ("-M pc -device e1000,netdev=net,bootindex=0", False),
    "UEFI": ("-M q35 -device virtio-net-pci,netdev=net,bootindex=0,romfile=", True),
}


@contextlib.contextmanager
def process(*command, **more):
    """A process in a separate session, which is ended with everything that it has started."""
    with subprocess.Popen(
        command,
        start_new_session=True,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **more,
    ) as running:
        try:
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGTERM)


def inside(network, *words):
    return ["nsenter", "-t", str(network.pid), "-n", *words]


def is_apart(running):
    """Whether the process is in a separate network."""
    names = [os.readlink(f"/proc/{pid}/ns/net") for pid in ("self", running.pid)]
    return names[0] != names[1]


def until(condition):
    """Waits for it."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def hear(running, words):
    """Reads what a process says, up to these words; returns it."""
    said = ""
    while words not in said:
        line = running.stdout.readline()
        assert line, said
        said += line
    return said


@contextlib.contextmanager
def network():
    """A network in which another server assigns addresses: the process that is there."""
    apart = ["unshare", "-n", "bash", "-c"]
    with process(*apart, BRIDGE) as here, process(*apart, "exec sleep infinity") as there:
        until(lambda: is_apart(here) and is_apart(there))
        link = ["ip", "link"]
        until(lambda: not subprocess.run(inside(here, *link, "show", "client"),
                                         capture_output=True).returncode)  # fmt: skip
        cable = [*link, "add", "port", "type", "veth", "peer", "name", "cable", "netns"]
        subprocess.run(inside(here, *cable, str(there.pid)), check=True)
        subprocess.run(inside(here, *link, "set", "port", "master", "bridge", "up"), check=True)
        with process(*inside(there, "bash", "-c", OTHER)) as other:
            hear(other, "IP range 10.9.0.50")
            yield here


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/net/tun"), reason="only root lays networks"
)
def test_clients_boot_where_another_server_assigns_addresses(project, tmp_path):
    kernel, more = images.kernel_path("tell"), ["--append", "from afar"]
    serve = [ROOT / "build.sh", "--no-install", "serve", "--interface", "bridge"]
    with network() as here, process(*inside(here, *serve, "--kernel", kernel, *more)) as server:
        hear(server, "TFTP root is")
        for client, (words, uefi) in CLIENTS.items():
            serial = tmp_path / client
            machine = ["qemu-system-x86_64", *words.split(), "-m", "256M", "-display", "none"]
            machine += ["-netdev", "tap,id=net,ifname=client,script=no,downscript=no"]
            machine += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-no-reboot"]
            machine += ["-serial", f"file:{serial}", *(uefi_arguments(False) if uefi else [])]
            done = subprocess.run(inside(here, *machine), stdin=subprocess.DEVNULL, timeout=240)
            said = serial.read_text("latin-1")
            assert done.returncode == 33 and "command_line=from afar" in said, (client, said)
