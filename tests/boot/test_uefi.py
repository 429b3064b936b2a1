"""The same image on machines with UEFI."""

import pytest
from told import USABLE

MEDIA = ["cd-ide", "cd-ahci", "disk-ide", "disk-ahci", "usb-pc", "usb-xhci", "disk-nvme",
         "disk-virtio", "disk-scsi", "cd-virtio-scsi"]  # fmt: skip


@pytest.mark.parametrize("medium", MEDIA)
def test_it_boots_from(medium, prove):
    told = prove("tell", append="from somewhere", medium=medium, uefi=True)
    assert told.command_line == "from somewhere"


LARGE = {"memory": 6144, "cpus": 4, "cpu": "max,la57=on", "options": "-paging=5 -smp"}


@pytest.mark.parametrize("machine", [{"memory": 64}, LARGE], ids=["small", "large"])
def test_all_memory_is_free(prove, machine):
    told = prove("memory", medium="cd-ahci", uefi=True, **machine)
    usable = sum(memory.end - memory.begin for memory in told.of_type(USABLE))
    assert usable > (machine["memory"] - 24) << 20
