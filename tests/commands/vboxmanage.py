#!/usr/bin/python3 -Es
"""vboxmanage.py - stands in for VBoxManage: records what it is told, and simulates the machine.

What it simulates is in the folder VBOX: `version`, `says` (the serial port), `ends` (the state in
which it ends; "" for never), `log`, and why it does not start (`refuses`). Accepts only the options
of its version, 6.1 or 7. Knows nothing of Longjump."""

import json
import os
import pathlib
import sys

HOME = pathlib.Path(os.environ["VBOX"])
VERSION = (HOME / "version").read_text()
AUDIO, MODE = ("audio", "uartmode1") if VERSION < "7" else ("audio-enabled", "uart-mode1")
SETTINGS = {
    "memory": 1, "vram": 1, "cpus": 1, "ioapic": 1, "x2apic": 1, "rtcuseutc": 1,
    "firmware": 1, "graphicscontroller": 1,
    "boot1": 1, "boot2": 1, "boot3": 1, "boot4": 1, "uart1": 2, AUDIO: 1, MODE: 2,
}  # fmt: skip
ON = ("running", "gurumeditation")


def fail(text):
    print(f"VBoxManage: error: {text}", file=sys.stderr)
    sys.exit(1)


def options(words, known):
    """The options among the words, each with its values."""
    found = {}
    while words:
        name = words.pop(0)
        if name[:2] != "--" or name[2:] not in known:
            fail(f"Unknown option: {name}")
        count = known[name[2:]]
        found[name[2:]], words = words[:count], words[count:]
    return found


def start(vm):
    """The machine writes all its output at once."""
    if vm["state"] in ON:
        fail("Der Rechner ist gesperrt\nDetails: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)")
    if (HOME / "refuses").exists():
        fail((HOME / "refuses").read_text())
    (HOME / "VBox.log").write_text((HOME / "log").read_text())
    pathlib.Path(vm["settings"][MODE][1]).write_text((HOME / "says").read_text())
    vm.update(state="running", looks=0)


def info(vm):
    """Ends a machine that has been looked at twice, if it is one that ends."""
    vm["looks"] += 1
    ends = (HOME / "ends").read_text()
    if vm["state"] == "running" and vm["looks"] > 2 and ends:
        vm["state"] = ends
    print(f'LogFldr="{HOME}"\nVMState="{vm["state"]}"')
    for number, name in enumerate(vm["controllers"]):
        print(f'storagecontrollername{number}="{name}"')
    for place, medium in vm["media"].items():
        print(f'"{place}"="{medium}"')


def change(vm, command, words):
    """Carries out a command that changes a machine."""
    if command == "modifyvm":
        if vm["state"] in ON:
            fail("Der Rechner ist gesperrt\nDetails: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)")
        vm["settings"].update(options(words, SETTINGS))
    elif command == "setextradata":
        vm["extra"].pop(words[0], None)
        if len(words) > 1:
            vm["extra"][words[0]] = words[1]
    elif command == "storagectl":
        given = options(words, {"name": 1, "add": 1, "controller": 1})
        if given["name"][0] in vm["controllers"]:
            fail("Storage controller named 'IDE' already exists")
        vm["controllers"].append(given["name"][0])
    elif command == "storageattach":
        given = options(words, dict.fromkeys(("storagectl", "port", "device", "type", "medium"), 1))
        place = "-".join(given[name][0] for name in ("storagectl", "port", "device"))
        if given["storagectl"][0] not in vm["controllers"]:
            fail("Could not find a storage controller")
        vm["media"][place] = given["medium"][0]
    elif command == "startvm":
        start(vm)
    elif (command, *words) == ("controlvm", "poweroff") and vm["state"] in ON:
        vm["state"] = "poweroff"
    elif command == "discardstate" and vm["state"] == "saved":
        vm["state"] = "poweroff"
    else:
        fail(f"Invalid command or state: {command}")


def main(command, *words):
    with open(HOME / "calls", "a", encoding="utf-8") as file:
        file.write(json.dumps([command, *words]) + "\n")
    path = HOME / "machines"
    machines = json.loads(path.read_text()) if path.exists() else {}
    if command == "--version":
        print("WARNING: a line that VBoxManage sometimes begins with\n" + VERSION)
    elif (command, *words) == ("list", "vms"):
        for name in machines:
            print(f'"{name}" {{00000000-0000-0000-0000-000000000000}}')
    elif command == "createvm":
        made = options([*words[:-1]], {"name": 1, "ostype": 1})
        machines[made["name"][0]] = {"state": "poweroff", "settings": {}, "extra": {}, "media": {},
                                     "controllers": [], "looks": 0}  # fmt: skip
    elif words[0] not in machines:
        fail(f"Could not find a registered machine named '{words[0]}'")
    elif command == "showvminfo":
        info(machines[words[0]])
    elif command == "getextradata":
        value = machines[words[0]]["extra"].get(words[1])
        print(f"Value: {value}" if value else "No value set!")
    elif (command, *words[1:]) == ("unregistervm", "--delete"):
        del machines[words[0]]
    else:
        change(machines[words[0]], command, list(words[1:]))
    path.write_text(json.dumps(machines))


main(*sys.argv[1:])
