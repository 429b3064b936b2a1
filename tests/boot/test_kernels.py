"""Good kernels, each proving from inside what its file's first comment says."""

import gzip

import images
import disc
import elfmaker
import pytest
import told


@pytest.mark.parametrize("kernel", images.PLACES)
def test_a_kernel_runs_where_it_was_linked(prove, kernel):
    told = prove(kernel)
    for segment, header in zip(told.segments, load_headers(kernel)):
        assert segment.begin == header.p_vaddr & ~4095


def load_headers(kernel):
    """The PT_LOAD headers of a test kernel."""
    elf = elfmaker.Elf(images.kernel_path(kernel).read_bytes())
    return [segment for segment in elf.segments if segment.p_type == elfmaker.PT_LOAD]


@pytest.mark.parametrize(
    "kernel", ["gaps", "shared", "tls", "pie", "pie-relr", "relocated", "stack", "entry", "tell"]
)
def test_a_promise_is_kept(prove, kernel):
    prove(kernel)


def test_the_vga_window_may_be_covered_but_not_silently(boot):
    machine = boot("placed-window")
    machine.expect_end("exit", told.PASSED)
    assert "K210" in machine.serial()


def test_a_damaged_symbol_table_does_not_keep_a_kernel_from_booting(start, tmp_path):
    elf = elfmaker.Elf(images.kernel_path("placed").read_bytes())
    elf.section(elfmaker.SHT_SYMTAB).sh_entsize = 1
    files = {"longjump.c32": images.BUILD / "longjump.c32", "kernel.elf": bytes(elf.data)}
    config = "SERIAL 0 115200\nDEFAULT a\nLABEL a\n  COM32 longjump.c32\n  APPEND kernel.elf\n"
    machine = start(disc.make(tmp_path / "disc.iso", config, files))
    machine.expect_end("exit", told.PASSED)
    assert "K129" in machine.serial()


def test_a_compressed_kernel_boots(prove, tmp_path):
    packed = tmp_path / "placed.elf.gz"
    packed.write_bytes(gzip.compress(images.kernel_path("placed").read_bytes()))
    prove(packed)


def test_128_program_headers_boot(prove, tmp_path):
    elf = elfmaker.Elf(images.kernel_path("placed").read_bytes())
    bss = {"p_type": elfmaker.PT_LOAD, "p_flags": 6, "p_memsz": 4096, "p_align": 4096}
    missing = 128 - elf.header.e_phnum
    elf.add_segments(*[bss | {"p_vaddr": 0x40000000 + at * 0x10000} for at in range(missing)])
    path = tmp_path / "many.elf"
    path.write_bytes(elf.data)
    told = prove(path)
    assert len(told.segments) == missing + 3


def test_segments_in_any_order_boot(prove, tmp_path):
    elf = elfmaker.Elf(images.kernel_path("placed").read_bytes())
    start, count = elf.header.e_phoff, elf.header.e_phnum
    table = [bytes(elf.data[start + at * 56 : start + at * 56 + 56]) for at in range(count)]
    elf.data[start : start + count * 56] = b"".join(reversed(table))
    path = tmp_path / "reversed.elf"
    path.write_bytes(elf.data)
    told = prove(path)
    assert told.segments == sorted(told.segments, key=lambda segment: segment.begin)


@pytest.mark.parametrize(
    "options, size",
    [("", 64 << 10), ("-stack=4K", 4 << 10), ("-stack=1M", 1 << 20), ("-stack=20M", 20 << 20)],
)
def test_the_stack_has_the_size_asked_for(prove, options, size):
    told = prove("stack", options=options)
    assert told.stack_end - told.stack_begin == size


WORDS = ["", "root=ram0", "-looks=like an option", "quotes \"a b\" 'c'", "one -- two", "x" * 300]


@pytest.mark.parametrize("words", WORDS)
def test_the_command_line_arrives(prove, words):
    assert prove("tell", append=words).command_line == words


def test_words_of_the_command_line_are_one_space_apart(prove):
    assert prove("tell", append="a   b  c").command_line == "a b c"


def test_a_kernel_that_returns_is_reported(boot):
    machine = boot("returns", debug_exit=False)
    machine.wait_serial("returning")
    machine.wait_serial("_start", limit=10)
    machine.expect_end("hang", limit=1)
    assert "_start" in machine.screen_text()
    assert machine.registers()["is_halted"]
