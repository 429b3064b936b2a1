"""The loader's options: each changes what it says, and nothing else."""

import paging
import pytest
import told as tell
from paging import check_range

MIB, GIB = 1 << 20, 1 << 30


@pytest.mark.parametrize("at", [0x10000000, 0xFFFFC00000000000])
def test_the_stack_may_be_put_at_an_address(stand, at):
    machine, told = stand("tell", options=f"-stack-at={at:#x} -stack=32K")
    mappings = machine.page_tables()
    assert (told.stack_begin, told.stack_end) == (at, at + 32 * 1024)
    check_range(mappings, at, at + 32 * 1024, None, writable=True, executable=False)
    assert paging.find(mappings, at - 1) is None


@pytest.mark.parametrize("at", [0x8000000000, 0xFFFF800000000000])
def test_the_direct_map_may_be_put_at_an_address(stand, at):
    machine, told = stand("tell", options=f"-direct-map={at:#x}")
    mappings = machine.page_tables()
    assert told.direct_map == at
    check_range(mappings, at, at + 4 * GIB, lambda virt: virt - at, writable=True, executable=False)


def test_memory_may_be_mapped_at_its_own_addresses(stand):
    machine, _ = stand("tell", options="-identity=64M")
    mappings = machine.page_tables()
    check_range(mappings, 4096, 64 * MIB, lambda virt: virt, writable=True, executable=False)
    assert paging.find(mappings, 0) is None
    assert paging.find(mappings, 64 * MIB) is None


def test_a_kernel_wins_over_the_identity_map(stand):
    machine, told = stand("placed", options="-identity=64M")
    mappings = machine.page_tables()
    for segment in told.segments:
        phys = paging.translate(mappings, segment.begin)
        assert phys == segment.phys


def test_five_levels_of_page_tables(stand):
    machine, told = stand("tell", options="-paging=5", cpu="max")
    assert told.paging_levels == 5
    assert machine.registers()["cr4"] == 0x1660


def test_a_kernel_may_slide(prove):
    slides = {prove("pie", options="-kaslr", cpu=cpu).kernel_slide for cpu in ("max", "qemu64")}
    slides |= {prove("pie-relr", options="-kaslr", cpu="max").kernel_slide}
    assert len(slides) > 1, "three boots, one slide"
    for slide in slides:
        assert slide % (2 * MIB) == 0 and slide >= 0xFFFFFFFF80000000
