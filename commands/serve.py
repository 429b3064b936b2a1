#!/usr/bin/env python3
# serve - boots other computers from the network
"""The command `serve`: makes what BIOS and UEFI clients load, and serves it with dnsmasq."""

import ipaddress
import json
import os
import shutil
import subprocess
import sys

from image import TAKEN, check_config, read_kernel, read_words
from lib.configuration import BootConfiguration
from lib import direct
from lib.disc import find_syslinux
from lib.elf import strip_debug
from lib.internal import internal_modules
from lib.isolinux import isolinux_cfg
from lib.machine import child_of_ours
from lib.making import make
from lib.project import BUILD, Stop, Voice, make_build_folder, need, say, shown, start
from lib.rights import as_root
from lib.words import Command, Option
from wrap import put_together

FOLDER = BUILD / "network"
BIOS, UEFI = "lpxelinux.0", "BOOTX64.EFI"
# What else is in the folder with the modules.
OURS = (BIOS, UEFI, "ldlinux.c32", "longjump.c32", "pxelinux.cfg")
UEFI_CLIENTS = (7, 9)  # DHCP's option 93, as x86-64 firmware sends it (RFC 4578, UEFI 2.10)

COMMAND = Command(
    "serve",
    """
Prepares the folder build/network for computers that boot from the network. Those with a BIOS get
PXELINUX and longjump.c32, with the entries of isolinux.cfg; those with UEFI get one program. With
--interface, it starts dnsmasq, which serves both kinds over DHCP and TFTP, on that interface only,
until Ctrl-C. The network's own DHCP server assigns the addresses. If there is none, as on a cable
between two computers, give the addresses to assign with --range.

Without --interface, it only prepares the folder. docs/network.md shows how to set up an existing
server.
""",
    (
        Option("--interface", "NAME", "serves on this network interface"),
        Option("--range", "FROM,TO", "assigns these addresses, if there is no other DHCP server"),
        TAKEN["--kernel"],
        TAKEN["--append"],
        TAKEN["--options"],
        TAKEN["--module"],
        TAKEN["--keep-debug"],
        TAKEN["--no-check"],
    ),
    (
        "./build.sh serve --kernel my.elf",
        "sudo ./build.sh serve --interface eth1 --range 10.0.0.50,10.0.0.99 --kernel my.elf",
    ),
)


def serve(given):
    """Makes the files, and serves them if these words name an interface; returns the status."""
    config = BootConfiguration(read_kernel(given), FOLDER, **read_words(given))
    check_names(config)
    need("build", "network", install=not given.no_install)
    words = dnsmasq(given) if given.interface else []
    if words and os.geteuid() != 0:
        line = as_root("./build.sh", "serve", *sys.argv[1:])
        raise Stop(f"serve: only root may serve addresses and files on a network: {line}", 2)
    own = [] if given.kernel else ["build/kernel.elf"]
    check = [] if given.no_check else ["build/check"]
    make("build/longjump.c32", f"build/{UEFI}", *own, *check)
    if not given.no_check:
        check_config(config, "serve it")
    lay_out(config)
    say(f"{shown(FOLDER)} has what BIOS clients ({BIOS}) and UEFI clients ({UEFI}) load")
    if not words:
        say("nothing is served: name a network interface with --interface, or see docs/network.md")
        return 0
    Voice.show(words)
    say(f"  serve    on {given.interface}; Ctrl-C ends it")
    try:
        return subprocess.run(words, preexec_fn=child_of_ours(), check=False).returncode
    except KeyboardInterrupt:
        return 0


def check_names(config):
    """Stops if a module has the name of a file that clients load before it."""
    for path in (module.path for module in config.modules):
        if path.name in OURS:
            raise Stop(f"serve: clients load another file called {path.name}: rename {shown(path)}")


def lay_out(config):
    """Makes the folder again from scratch."""
    text = isolinux_cfg(config)
    words, reason = direct.words_of_disc(text)
    if reason:
        raise Stop(f"serve: {reason}, which cannot be done for clients with UEFI")
    make_build_folder()
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "pxelinux.cfg").mkdir(parents=True)
    (FOLDER / "pxelinux.cfg/default").write_text(text, encoding="utf-8")
    for name in (BIOS, "ldlinux.c32"):
        shutil.copyfile(find_syslinux(name), FOLDER / name)
    shutil.copyfile(BUILD / "longjump.c32", FOLDER / "longjump.c32")
    for module in config.modules:
        shutil.copyfile(module.path, FOLDER / module.path.name)
    for module in internal_modules(config):
        if module.file:
            (FOLDER / module.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(module.file, FOLDER / module.path)
    kernel = FOLDER / direct.KERNEL
    if config.keep_debug or not strip_debug(config.kernel, kernel):
        shutil.copyfile(config.kernel, kernel)
    (FOLDER / UEFI).write_bytes(put_together(config, direct.KERNEL, words, "efi"))


def dnsmasq(given):
    """The command line of the server."""
    network = network_of(given.interface)
    words = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null",
             "--port=0", f"--interface={given.interface}", "--bind-interfaces", "--user=root",
             "--enable-tftp", f"--tftp-root={FOLDER}", "--log-dhcp", "--leasefile-ro"]  # fmt: skip
    if not given.range:
        return [
            *words,
            f"--dhcp-range={network.network_address},proxy,{network.netmask}",
            f"--pxe-service=x86PC,Longjump,{BIOS.removesuffix('.0')}",
            *(f"--pxe-service={name},Longjump,{UEFI}" for name in ("BC_EFI", "X86-64_EFI")),
        ]
    first, _, last = given.range.partition(",")
    for address in (first, last):
        if not is_address_in(address, network):
            raise Stop(f"serve: --range needs two addresses in {network}, not {given.range}", 2)
    return [
        *words,
        f"--dhcp-range={first},{last},{network.netmask}",
        *(f"--dhcp-match=set:uefi,option:client-arch,{number}" for number in UEFI_CLIENTS),
        f"--dhcp-boot=tag:uefi,{UEFI}",
        f"--dhcp-boot=tag:!uefi,{BIOS}",
    ]


def network_of(interface):
    """The IPv4 network of an interface."""
    done = subprocess.run(
        ["ip", "-j", "-4", "addr", "show", "dev", interface],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Stop(f"serve: --interface {interface}: {done.stderr.strip()}", 2)
    for found in json.loads(done.stdout or "[]"):
        for address in found.get("addr_info", []):
            return ipaddress.ip_network(f"{address['local']}/{address['prefixlen']}", strict=False)
    raise Stop(f"serve: {interface} has no IPv4 address: give it one, or name another", 2)


def is_address_in(text, network):
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


if __name__ == "__main__":
    start(lambda words: serve(COMMAND.read(words)))
