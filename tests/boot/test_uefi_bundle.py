"""What `wrap --format efi` makes, as the firmware finds it: on a stick, signed, or on a web server.
The firmware tries one after the other; so several that are refused share a boot with one that
is not."""

import os
import re
import shutil
import subprocess

import images
import pytest
import secure
import told
import vm

LIMIT = 240


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """The program with a kernel in it, and the kernel's place in it."""
    path = tmp_path_factory.mktemp("bundle") / "program.efi"
    command = [images.ROOT / "build.sh", "--no-install", "wrap", images.kernel_path("tell"),
               "--append", "in a bundle", "--format", "efi", "--output", path]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    data = path.read_bytes()
    return data, data.index(images.kernel_path("tell").read_bytes()[:4096])


def changed(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.fixture
def start_from(start, log, tmp_path):
    """Starts a machine with a stick for each of the programs, in their order."""
    empty = tmp_path / "empty"
    empty.write_bytes(bytes(1 << 20))

    def run(programs, extra=(), **machine):
        extra = list(extra)
        for number, data in enumerate(programs):
            folder = log / f"stick{number}"
            (folder / "EFI/BOOT").mkdir(parents=True)
            (folder / "EFI/BOOT/BOOTX64.EFI").write_bytes(data)
            drive = f"if=none,id=stick{number},format=raw,file=fat:rw:{folder}"
            device = f"virtio-blk-pci,drive=stick{number},bootindex={number + 1}"
            extra += ["-drive", drive, "-device", device]
        return start(empty, medium="disk-ahci", extra=extra, **machine)

    return run


def expect_told(machine):
    machine.expect_end("exit", told.PASSED, limit=LIMIT)
    assert told.Told(machine.serial()).command_line == "in a bundle"


def test_a_damaged_one_is_refused_and_the_firmware_goes_on(program, start_from):
    """If a byte of the kernel is changed, the loader says so; the firmware rejects one that is cut
    short."""
    data, at = program
    machine = start_from([changed(data, at + 5000), data[: at + 5000], data], uefi=True)
    said = machine.wait_serial("Press a key to go back to the firmware.", limit=LIMIT)
    assert "K523" in said and "tell.elf: the checksum of its " in said, machine.report()
    machine.type(" ")
    expect_told(machine)
    assert re.search(r'failed to load Boot\w+ "UEFI Misc Device 2"', machine.serial())


SCRIPT = """fs0:
loader.efi missing more
cut.efi \xe4
my.efi and more
"""


def test_words_given_in_the_shell_are_taken_or_said_not_to_be(program, start, log, tmp_path):
    """By the loader as a line at its prompt, by a program as the end of the command line."""
    (empty := tmp_path / "empty").write_bytes(bytes(1 << 20))
    (log / "loader.efi").write_bytes((images.BUILD / "BOOTX64.EFI").read_bytes())
    (log / "cut.efi").write_bytes(changed(program[0], program[1] + 5000))
    (log / "my.efi").write_bytes(program[0])
    entries = "".join(f"LABEL {name}\nCOM32 longjump.c32\nAPPEND {name}.elf\n"
                      for name in ("other", "missing"))  # fmt: skip
    (log / "isolinux.cfg").write_text(f"SERIAL 0 115200\nDEFAULT other\n{entries}")
    (log / "startup.nsh").write_text(SCRIPT, encoding="utf-16")
    extra = ["-drive", f"format=raw,if=virtio,file=fat:rw:{log}"]
    machine = start(empty, medium="disk-ahci", extra=extra, uefi=True)
    machine.wait_serial("startup.nsh", limit=LIMIT)
    machine.type("\n", through="serial")
    assert "missing.elf" in machine.wait_serial("boot: ", limit=LIMIT), machine.report()
    machine.type("exit\n", through="serial")
    said = machine.wait_serial("Press a key to go back", limit=LIMIT)
    assert "K531" in said and "or are not ASCII" in said, machine.report()
    machine.type("\n", through="serial")
    machine.expect_end("exit", told.PASSED, limit=LIMIT)
    assert told.Told(machine.serial()).command_line == "in a bundle and more"


@secure.needs_sbsign
def test_only_a_signed_one_starts_with_secure_boot_on(program, start_from, log):
    signed, (data, _) = secure.sign(program[0], log), program
    at = signed.index(data[-4096:])
    machine = start_from([data, changed(signed, at), signed], **secure.machine(log))
    expect_told(machine)
    assert machine.serial().count("Access Denied") == 2


HTTP_BOOT = """
ip link set lo up
ip tuntap add dev tap0 mode tap
ip addr add 10.0.0.1/24 dev tap0
ip link set tap0 up
dnsmasq --keep-in-foreground --conf-file=dnsmasq.conf --log-facility=- 2>dnsmasq.log &
python3 -m http.server 80 --bind 10.0.0.1 >http.log 2>&1 &
trap 'kill $(jobs -p)' EXIT
timeout 240 "$@"
"""
DNSMASQ = """port=0
user=root
interface=tap0
bind-interfaces
dhcp-range=10.0.0.50,10.0.0.99,255.255.255.0
dhcp-leasefile=leases
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("dnsmasq"),
    reason="there is no dnsmasq, or no network of its own for it",
)
def test_one_is_started_by_http_as_the_papers_say(program, log):
    """In a separate network, with the lines of docs/network.md."""
    paper = (images.ROOT / "docs/network.md").read_text()
    lines = re.search(r"```\n(dhcp-vendorclass.*?)```", paper, re.S)[1]
    (log / "dnsmasq.conf").write_text(DNSMASQ + lines)
    (log / "my.efi").write_bytes(program[0])
    no_pxe = [word for version in (4, 6) for word in
              ("-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n")]  # fmt: skip
    machine = [vm.QEMU, "-nodefaults", "-M", "q35,accel=tcg", "-m", "256M", "-display", "none",
               "-serial", "file:serial.log", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={vm.OVMF}",
               "-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no",
               "-device", "virtio-net-pci,netdev=net,bootindex=0,romfile=", *no_pxe]  # fmt: skip
    done = subprocess.run(["unshare", "-n", "bash", "-ec", HTTP_BOOT, "-", *machine], cwd=log)
    said = (log / "serial.log").read_text("latin-1")
    assert done.returncode == told.PASSED << 1 | 1, said
    assert "URI: http://10.0.0.1/my.efi" in said
    assert told.Told(said).command_line == "in a bundle"
