"""The CPU's state when a kernel has begun, seen from outside: registers and page tables, read
through QEMU."""

import images
import elfmaker
import paging
import pytest
import told as tell
from paging import check_range

GIB = 1 << 30
VGA = (0xA0000, 0xC0000)


@pytest.mark.parametrize("cpu", ["qemu64", "max"])
def test_the_registers_are_as_promised(stand, cpu):
    machine, told = stand("entry", cpu=cpu)
    registers = machine.registers()
    assert registers["cr0"] == 0x80010033, "PG, WP, NE, ET, MP, PE"
    assert registers["cr4"] == 0x660, "PAE, MCE, OSFXSR, OSXMMEXCPT"
    assert registers["efer"] == 0xD00, "LME, LMA, NXE"
    assert registers["cs"].flags >> 20 & 6 == 2, "64-bit code"
    assert registers["cs"].flags >> 13 & 3 == 0, "ring 0"
    assert (registers["cs"].selector, registers["tr"].selector) == (0x08, 0x18)
    for name in ("ds", "es", "fs", "gs", "ss"):
        assert (registers[name].selector, registers[name].base) == (0x10, 0)
    assert registers["idt"].limit == 32 * 16 - 1
    tables = machine.page_tables()
    assert kind_of(told, paging.translate(tables, registers["idt"].base)) == tell.RESIDENT
    assert kind_of(told, paging.translate(tables, registers["gdt"].base)) == tell.RESIDENT
    assert kind_of(told, paging.translate(tables, registers["tr"].base)) == tell.RESIDENT
    assert registers["rip"] in range(told.kernel_begin, told.kernel_end)


def kind_of(told, phys):
    """The type that the memory map gives to a physical address."""
    return next((memory.type for memory in told.memory if memory.begin <= phys < memory.end), None)


KERNELS = [*images.PLACES, "gaps", "shared", "tls", "pie", "pie-relr", "tell"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_page_tables_are_as_promised(stand, kernel):
    check_mappings(*stand(kernel), kernel)


@pytest.mark.parametrize(
    "options",
    [
        {"memory": 16},
        {"memory": 3072},
        {"memory": 6144},
        {"memory": 6144, "cpu": "max"},
        {"cpu": "max", "medium": "cd-ahci"},
        {"options": "-stack=1M"},
    ],
    ids=str,
)
def test_the_page_tables_are_as_promised_on(stand, options):
    machine, told = stand("tell", **options)
    check_mappings(machine, told, "tell")
    sizes = {mapping.page for mapping in machine.page_tables()}
    assert (paging.GIB1 in sizes) == ("cpu" in options), "1 GiB pages where the CPU has them"


def check_mappings(machine, told, kernel):
    """Checks every mapping against docs/protocol.md."""
    registers = machine.registers()
    mappings = machine.page_tables()
    assert paging.find(mappings, 0) is None, "page 0 is not mapped"
    for mapping in mappings:
        assert not (mapping.writable and mapping.executable), f"writable and executable: {mapping}"
        assert not mapping.user, f"for user mode: {mapping}"
    check_segments(mappings, told, kernel)
    check_direct_map(mappings, told)
    check_range(mappings, *VGA, lambda virt: virt, writable=True, executable=False)
    check_range(mappings, told.stack_begin, told.stack_end, None, writable=True, executable=False)
    assert (
        paging.find(mappings, told.stack_begin - 1) is None
    ), "the page under the stack is not mapped"
    assert kind_of(told, paging.translate(mappings, told.stack_begin)) == tell.STACK
    assert kind_of(told, paging.translate(mappings, told.info)) == tell.BOOT_INFO
    for table in paging.tables(machine.memory, registers["cr3"], registers["cr4"]):
        assert kind_of(told, table) == tell.PAGE_TABLES, f"a page table at {table:#x}"
    check_nothing_else(mappings, told)
    check_low_memory(told)


def check_low_memory(told):
    """The loader puts nothing below 1 MiB, where a kernel's own start-up code for CPUs must go."""
    low = {memory.type for memory in told.memory if memory.begin < 1 << 20}
    assert low <= {tell.USABLE, tell.RESERVED, tell.ACPI_RECLAIMABLE, tell.ACPI_NVS, tell.BAD}
    assert told.memory[0] == tell.Memory(0, 4096, tell.RESERVED)


def check_segments(mappings, told, kernel):
    """The kernel's segments are mapped as the boot information says, and as the ELF file asks."""
    for segment in told.segments:
        check_range(
            mappings,
            segment.begin,
            segment.end,
            lambda virt, s=segment: s.phys + virt - s.begin,
            writable=bool(segment.rights & tell.WRITE),
            executable=bool(segment.rights & tell.EXECUTE),
        )
        check_range_is_kernel(told, segment)
    for before, after in zip(told.segments, told.segments[1:]):
        assert before.end <= after.begin, f"{before} runs into {after}"
    elf = elfmaker.Elf(images.kernel_path(kernel).read_bytes())
    relro = [s for s in elf.segments if s.p_type == elfmaker.PT_GNU_RELRO]
    for header in (s for s in elf.segments if s.p_type == elfmaker.PT_LOAD):
        begin = header.p_vaddr & ~4095
        for page in {begin, header.p_vaddr + header.p_memsz - 1 & ~4095}:
            is_relro = any(
                page >= r.p_vaddr & ~4095 and page + 4096 <= r.p_vaddr + r.p_memsz for r in relro
            )
            at = page + told.kernel_slide & (1 << 64) - 1
            check_range(
                mappings,
                at,
                at + 1,
                None,
                executable=bool(header.p_flags & elfmaker.PF_X),
                writable=bool(header.p_flags & elfmaker.PF_W) and not is_relro,
            )


def check_range_is_kernel(told, segment):
    """A segment's physical memory is the kernel's in the memory map."""
    for page in (segment.phys, segment.phys + segment.end - segment.begin - 4096):
        assert kind_of(told, page) == tell.KERNEL


def check_direct_map(mappings, told):
    """Everything below 4 GiB and all RAM above is in the direct map; reserved memory above is
    not."""
    base = told.direct_map
    check_range(
        mappings, base, base + 4 * GIB, lambda virt: virt - base, writable=True, executable=False
    )
    for memory in (memory for memory in told.memory if memory.begin >= 4 * GIB):
        if memory.type == tell.RESERVED:
            assert paging.find(mappings, base + memory.begin) is None
        else:
            check_range(
                mappings,
                base + memory.begin,
                base + memory.end,
                lambda virt: virt - base,
                writable=True,
                executable=False,
            )
            assert base + memory.end <= told.direct_map_end


def check_nothing_else(mappings, told):
    """What is mapped beyond kernel, direct map and VGA window belongs to the stack, the boot
    information or the resident part, with unmapped pages around each."""
    known = [(segment.begin, segment.end) for segment in told.segments]
    known += [(told.direct_map, told.direct_map_end), VGA]
    windows = {}
    for mapping in mappings:
        if any(begin <= mapping.begin and mapping.end <= end for begin, end in known):
            continue
        for page in range(mapping.begin, mapping.end, 4096):
            if not any(begin <= page < end for begin, end in known):
                windows[page] = kind_of(told, mapping.phys + page - mapping.begin)
    assert set(windows.values()) == {tell.STACK, tell.BOOT_INFO, tell.RESIDENT}
    for page, kind in windows.items():
        for beside in (page - 4096, page + 4096):
            alone = paging.find(mappings, beside) is None
            assert alone or windows.get(beside) == kind, f"{page:#x} touches {beside:#x}"


def test_relocated_read_only_data_cannot_be_written(stand):
    for kernel in ("pie", "pie-relr"):
        machine, told = stand(kernel)
        begin, end = told.relro
        mapping = paging.find(machine.page_tables(), begin)
        # RELRO ends where a page does, so the array's last page is read-only as a whole.
        assert not mapping.writable and end <= mapping.end


def test_the_firmware_tables_are_where_the_boot_information_says(stand):
    machine, told = stand("tell", medium="cd-ahci")
    assert machine.memory(told.rsdp_physical, 8) == b"RSD PTR "
