"""Many boots in a row, each on another machine: none may fail."""

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
