"""Many boots in a row, each on another machine: none may fail; and many media that cannot be read:
none may go unnoticed."""

import damage
import images
import pytest
import told
import vm

MEMORY = (16, 32, 64, 256, 1024, 3072)
CPUS = ("qemu64", "max")


@pytest.fixture(scope="session")
def image():
    return images.make_image(images.kernel_path("tell"))


def test_it_boots_every_time(image, number, tmp_path):
    media = sorted(vm.MEDIA)
    words = {
        "medium": media[number % len(media)],
        "memory": MEMORY[number // len(media) % len(MEMORY)],
        "cpu": CPUS[number % len(CPUS)],
        "cpus": 1 + number % 4,
    }
    with vm.Machine(image, tmp_path, **words) as machine:
        machine.expect_end("exit", told.PASSED, limit=120)


def test_no_block_that_cannot_be_read_goes_unnoticed(number, tmp_path):
    media = ["cd-ide", "cd-ahci", "cd-scsi", "disk-ide", "disk-ahci", "disk-virtio", "usb-xhci"]
    damage.try_sizes(tmp_path, media[number % len(media)], number, len(damage.BOUNDARIES))
