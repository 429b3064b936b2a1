"""Machines of every size: memory, CPUs and CPU models, and those that cannot run a 64-bit
kernel."""

import images
import pytest
import told as tell
from mistakes import expect_refusal

MIB, GIB = 1 << 20, 1 << 30


@pytest.mark.parametrize("mib", [16, 32, 64, 256, 3072, 6144])
def test_all_usable_memory_is_free(prove, mib):
    told = prove("memory", memory=mib)
    check_memory_map(told, mib * MIB)


def test_all_usable_memory_is_free_on_q35_with_4_cpus(prove):
    check_memory_map(prove("memory", memory=128, medium="cd-ahci", cpus=4), 128 * MIB)


def check_memory_map(told, size):
    """Compares the memory map with what QEMU was told: no RAM is missing, and none is invented."""
    ram = told.of_type(*(set(range(1, 14)) - {tell.RESERVED, tell.FRAMEBUFFER}))
    found = sum(memory.end - memory.begin for memory in ram)
    # SeaBIOS keeps 0xa0000-0xfffff and some 200 KiB at the top of low memory for itself and its
    # tables.
    assert size - 2 * MIB < found <= size
    usable = sum(memory.end - memory.begin for memory in told.of_type(tell.USABLE))
    assert found - usable < 8 * MIB, "the loader keeps more memory than it should"
    top = max(memory.end for memory in ram)
    assert top <= size if size <= 3 * GIB else top == size + GIB
    assert all(
        told.of_type(kind)
        for kind in (tell.KERNEL, tell.STACK, tell.BOOT_INFO, tell.PAGE_TABLES, tell.RESIDENT)
    )


@pytest.fixture(scope="session")
def dirt():
    """A file of 64 MiB without a zero byte: memory as a warm start leaves it."""
    return images.once(
        ".dirt", ["64 MiB of 0xa5"], lambda path: path.write_bytes(b"\xa5" * (64 * MIB))
    )


@pytest.mark.parametrize("kernel", ["placed", "shared", "pie", "tls", "tell", "gaps"])
def test_memory_that_is_not_zero_at_the_start_does_no_harm(prove, dirt, kernel):
    backing = f"memory-backend-file,id=dirt,size=64M,share=off,mem-path={dirt}"
    prove(kernel, memory=64, machine="memory-backend=dirt", extra=["-object", backing])


@pytest.mark.parametrize("cpu", ["qemu64", "max", "core2duo", "Nehalem", "EPYC"])
@pytest.mark.parametrize("cpus", [1, 4])
def test_it_boots_on(prove, cpu, cpus):
    prove("entry", cpu=cpu, cpus=cpus)


@pytest.mark.parametrize("cpu", ["486", "pentium", "pentium2", "qemu32", "pentium3", "n270"])
def test_a_32_bit_cpu_is_refused(boot, cpu):
    expect_refusal(boot("placed", cpu=cpu), 402)


def test_the_oldest_machine_is_refused_in_words(boot):
    """No PCI, and a CPU without CMOV and RDTSC: everything before the check of the CPU runs on a
    386."""
    expect_refusal(boot("placed", machine="", medium="cd-isa", cpu="486", memory=64), 402)


@pytest.mark.parametrize("lacks, code", [("nx", 403), ("sse", 413)])
def test_a_64_bit_cpu_without_what_all_have_is_refused(boot, lacks, code):
    expect_refusal(boot("placed", cpu=f"qemu64,-{lacks}"), code)


def test_a_kernel_larger_than_memory_is_refused_with_numbers(boot):
    machine = boot("bss", memory=1024)
    expect_refusal(machine, 202)
    assert "1.5 GiB" in machine.serial(), "how much the kernel needs"
    assert "102" in machine.serial(), "how much there is: some 1023 MiB"


def test_page_tables_larger_than_memory_are_refused(boot):
    expect_refusal(boot("placed", options="-identity=1024G", memory=16), 204)


@pytest.mark.parametrize("mib", [2048, 4096])
def test_a_bss_of_1536_mib_is_there(prove, mib):
    prove("bss", memory=mib)


def test_a_file_larger_than_memory_is_refused(boot, tmp_path):
    large = tmp_path / "large.elf"
    large.write_bytes(images.kernel_path("placed").read_bytes() + bytes(48 * MIB))
    expect_refusal(boot(large, memory=32), 503)
