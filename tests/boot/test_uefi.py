"""The same image on machines with UEFI."""

import pytest

MEDIA = ["cd-ide", "cd-ahci", "disk-ide", "disk-ahci", "usb-pc", "usb-xhci", "disk-nvme",
         "disk-virtio", "disk-scsi", "cd-virtio-scsi"]  # fmt: skip


@pytest.mark.parametrize("medium", MEDIA)
def test_it_boots_from(medium, prove):
    told = prove("tell", append="from somewhere", medium=medium, uefi=True)
    assert told.command_line == "from somewhere"
