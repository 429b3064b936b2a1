"""Many boots in a row, each on another machine: none may fail; many media that cannot be read: none
may go unnoticed; and faults of every kind: none may be silent, or start a wrong kernel."""

import damage
import images
import pytest
import soak
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


def test_no_fault_is_silent_or_runs_a_wrong_kernel(pytestconfig, tmp_path, capsys):
    count, seed = pytestconfig.getoption("faults"), pytestconfig.getoption("seed")
    counts, bad = soak.run(tmp_path, seed, count, tell=lambda line: None)
    with capsys.disabled():
        print(f"\n{count} faults, seed {seed}:\n{soak.table(counts)}")
    assert not bad, "\n\n".join(bad)
