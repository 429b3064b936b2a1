"""Mistakes in kernels and words, each with the code under which it is refused; and what a refusal
looks like. Tried at the prompt (tests/boot) and with the checking tool (tests/errors)."""

import dataclasses
import functools
import gzip
import re
import typing

import elfmaker
import images

DIAG_DEF = images.ROOT / "loader" / "core" / "diag.def"
CASES = {}


@dataclasses.dataclass(frozen=True)
class Case:
    """A mistake: the code that must result, and the file or the words that make it."""

    code: int
    make: typing.Callable = None
    base: str = "placed"
    words: str = "{file}"


def mistake(code, base="placed", words="{file}"):
    """Registers a function that damages a kernel (or returns other bytes), with the code that must
    result."""

    def note(function):
        CASES[function.__name__] = Case(code, function, base, words)
        return function

    return note


def wrong_words(code, name, words):
    """Registers words after longjump.c32, with the code that must result."""
    CASES[name] = Case(code, words=words)


@functools.cache
def read(name):
    """A good kernel's bytes."""
    return images.kernel_path(name).read_bytes()


# ---- 1xx: the kernel's file ----------------------------------------------------------------------


@mistake(100)
def empty(_elf):
    return b""


@mistake(101)
def one_byte(_elf):
    return b"\x7f"


@mistake(101)
def cut_in_the_elf_header(elf):
    return elf.data[:63]


@mistake(102)
def a_script(_elf):
    return b"#!/bin/sh\necho I am no kernel, but long enough to hold a header of 64 bytes\n"


@mistake(102)
def a_wrong_magic(elf):
    elf.data[3] = ord("G")


@mistake(102)
def all_zero(elf):
    return bytes(len(elf.data))


@mistake(103)
def a_32_bit_class(elf):
    elf.header.e_class = 1


@mistake(103)
def a_class_that_does_not_exist(elf):
    elf.header.e_class = 3


@mistake(104)
def big_endian(elf):
    elf.header.e_data = 2


@mistake(105)
def for_aarch64(elf):
    elf.header.e_machine = 183


@mistake(105)
def for_i386(elf):
    elf.header.e_machine = 3


@mistake(106)
def an_object_file(elf):
    elf.header.e_type = 1


@mistake(106)
def a_core_dump(elf):
    elf.header.e_type = 4


@mistake(107)
def cut_in_the_program_headers(elf):
    return elf.data[:120]


@mistake(107)
def program_headers_beyond_the_end(elf):
    elf.header.e_phoff = len(elf.data) - 56


@mistake(107)
def program_headers_that_wrap_around(elf):
    elf.header.e_phoff = -56


@mistake(108)
def no_program_headers(elf):
    elf.header.e_phnum = 0


@mistake(108)
def nothing_but_unused_program_headers(elf):
    for segment in elf.segments:
        segment.p_type = elfmaker.PT_NULL


@mistake(109)
def more_than_128_program_headers(elf):
    elf.add_segments(*[{"p_type": elfmaker.PT_NULL}] * (129 - elf.header.e_phnum))


@mistake(109)
def as_many_program_headers_as_a_header_can_say(elf):
    elf.header.e_phnum = 0xFFFF


@mistake(110)
def small_program_headers(elf):
    elf.header.e_phentsize = 32


@mistake(110)
def program_headers_of_no_size(elf):
    elf.header.e_phentsize = 0


@mistake(111)
def cut_in_a_segment(elf):
    last = elf.load(elfmaker.PF_R | elfmaker.PF_W)
    return elf.data[: last.p_offset + last.p_filesz - 1]


@mistake(111)
def a_segment_beyond_the_end(elf):
    elf.load(elfmaker.PF_R).p_offset = len(elf.data) + 4095 & ~4095


@mistake(111)
def a_segment_that_wraps_around_in_the_file(elf):
    segment = elf.load(elfmaker.PF_R)
    segment.p_offset = -4096
    segment.p_filesz = segment.p_memsz = 8192


@mistake(112)
def less_memory_than_file(elf):
    segment = elf.load(elfmaker.PF_R)
    segment.p_memsz = segment.p_filesz - 1


@mistake(113)
def an_address_that_is_not_canonical(elf):
    elf.load(elfmaker.PF_R).p_vaddr = 0x0000800000000000


@mistake(113)
def a_segment_that_runs_into_the_hole(elf):
    segment = elf.load(elfmaker.PF_R | elfmaker.PF_W)
    segment.p_vaddr = 0x00007FFFFFFFF000 + segment.p_offset % 4096
    segment.p_memsz = 0x2000


@mistake(113)
def a_segment_that_wraps_around_in_memory(elf):
    segment = elf.load(elfmaker.PF_R | elfmaker.PF_W)
    segment.p_vaddr = 0xFFFFFFFFFFFFE000 + segment.p_offset % 4096
    segment.p_memsz = 0x3000


@mistake(113)
def a_segment_of_no_file_bytes_that_is_not_canonical(elf):
    elf.add_segments(
        {
            "p_type": elfmaker.PT_LOAD,
            "p_flags": 6,
            "p_vaddr": 0x1000000000000000,
            "p_memsz": 4096,
            "p_align": 4096,
        }
    )


@mistake(114)
def an_alignment_of_three(elf):
    elf.load(elfmaker.PF_R).p_align = 3


@mistake(114)
def an_alignment_of_4097(elf):
    elf.load(elfmaker.PF_R | elfmaker.PF_X).p_align = 4097


@mistake(115)
def an_offset_that_does_not_fit_the_address(elf):
    elf.load(elfmaker.PF_R).p_offset += 8


@mistake(116)
def segments_on_top_of_each_other(elf):
    elf.load(elfmaker.PF_R).p_vaddr = elf.load(elfmaker.PF_R | elfmaker.PF_X).p_vaddr


@mistake(116)
def segments_that_overlap_in_bss(elf):
    segment = elf.load(elfmaker.PF_R | elfmaker.PF_W)
    elf.add_segments(
        {
            "p_type": elfmaker.PT_LOAD,
            "p_flags": 6,
            "p_memsz": 64,
            "p_align": 16,
            "p_vaddr": segment.p_vaddr + segment.p_memsz - 16 & ~15,
        }
    )


@mistake(117)
def a_page_shared_by_code_and_data(elf):
    text = elf.load(elfmaker.PF_R | elfmaker.PF_X)
    elf.add_segments(
        {
            "p_type": elfmaker.PT_LOAD,
            "p_flags": 6,
            "p_memsz": 16,
            "p_align": 16,
            "p_vaddr": text.p_vaddr + text.p_memsz + 63 & ~15,
        }
    )


@mistake(118)
def an_entry_nowhere(elf):
    elf.header.e_entry = 0x10


@mistake(118)
def an_entry_just_beyond_its_segment(elf):
    text = elf.load(elfmaker.PF_R | elfmaker.PF_X)
    elf.header.e_entry = text.p_vaddr + text.p_memsz


@mistake(119)
def an_entry_in_data(elf):
    elf.header.e_entry = elf.load(elfmaker.PF_R | elfmaker.PF_W).p_vaddr


@mistake(119)
def nothing_executable(elf):
    elf.load(elfmaker.PF_R | elfmaker.PF_X).p_flags = elfmaker.PF_R


@mistake(120)
def a_segment_at_address_0(elf):
    elf.load(elfmaker.PF_R).p_vaddr = 0


@mistake(121)
def a_later_elf(elf):
    elf.header.e_version = 2


@mistake(121)
def no_elf_version(elf):
    elf.header.e_ident_version = 0


@mistake(122, "pie")
def relocations_of_odd_size(elf):
    elf.dynamic(elfmaker.DT_RELASZ).d_val += 1


@mistake(122, "pie")
def relocation_entries_of_the_wrong_size(elf):
    elf.dynamic(elfmaker.DT_RELAENT).d_val = 16


@mistake(122, "pie")
def relocations_that_are_nowhere(elf):
    elf.dynamic(elfmaker.DT_RELA).d_val = 0x10000000


@mistake(122, "pie")
def more_relocations_than_the_file_holds(elf):
    elf.dynamic(elfmaker.DT_RELASZ).d_val = 24 << 32


@mistake(122, "pie")
def a_dynamic_section_beyond_the_end(elf):
    elf.of_type(elfmaker.PT_DYNAMIC).p_offset = len(elf.data) + 8
    elf.of_type(elfmaker.PT_DYNAMIC).p_vaddr = 0x40000000


@mistake(122, "pie")
def a_dynamic_section_without_an_end(elf):
    elf.of_type(elfmaker.PT_DYNAMIC).p_filesz = 16


@mistake(122, "pie-relr")
def packed_relocations_that_are_nowhere(elf):
    elf.dynamic(elfmaker.DT_RELR).d_val = -8


@mistake(123, "pie")
def a_shared_library(elf):
    elf.dynamic(elfmaker.DT_HASH).d_tag = elfmaker.DT_NEEDED


@mistake(124, "pie")
def a_relocation_of_code_that_is_not_position_independent(elf):
    elf.rela(7).r_type = 2  # R_X86_64_PC32


@mistake(124, "pie")
def a_relocation_that_calls_code(elf):
    elf.rela(7).r_type = 37


@mistake(125, "pie")
def a_relocation_beyond_the_kernel(elf):
    elf.rela(7).r_offset = 0x100000


@mistake(125, "pie")
def a_relocation_half_beyond_the_kernel(elf):
    data = elf.load(elfmaker.PF_R | elfmaker.PF_W)
    elf.rela(7).r_offset = data.p_vaddr + data.p_memsz - 4


@mistake(125, "pie-relr")
def a_packed_relocation_beyond_the_kernel(elf):
    elf.relr(0).word = 0x40000000


@mistake(126, "tls")
def thread_local_data_beyond_the_segments(elf):
    elf.of_type(elfmaker.PT_TLS).p_vaddr += 0x100000


@mistake(126, "tls")
def thread_local_data_of_an_odd_alignment(elf):
    elf.of_type(elfmaker.PT_TLS).p_align = 48


@mistake(126, "tls")
def thread_local_data_with_less_memory_than_file(elf):
    elf.of_type(elfmaker.PT_TLS).p_memsz = 1


@mistake(127, "pie")
def read_only_data_beyond_the_segments(elf):
    elf.of_type(elfmaker.PT_GNU_RELRO).p_vaddr += 0x100000


@mistake(128, "pie")
def a_position_independent_kernel_of_three_gib(elf):
    elf.load(elfmaker.PF_R | elfmaker.PF_W).p_memsz = 3 << 30


@mistake(130, "relocated")
def a_symbol_that_must_be_defined_and_is_not(elf):
    elf.symbol_of(elf.rela(0)).st_info = 0x10  # STB_GLOBAL


# ---- 2xx: memory and addresses -------------------------------------------------------------------


@mistake(202)
def a_bss_larger_than_memory(elf):
    elf.load(elfmaker.PF_R | elfmaker.PF_W).p_memsz = 1 << 30


@mistake(202)
def a_bss_of_many_tebibytes(elf):
    elf.load(elfmaker.PF_R | elfmaker.PF_W).p_memsz = 1 << 46


wrong_words(203, "a_stack_larger_than_memory", "-stack=1G good.elf")
wrong_words(208, "a_stack_on_top_of_the_kernel", "-stack-at=0x200000 good.elf")
wrong_words(211, "a_kernel_that_cannot_slide", "-kaslr good.elf")

# ---- 3xx: the words after APPEND -----------------------------------------------------------------

wrong_words(301, "no_words_at_all", "")
wrong_words(301, "options_and_no_kernel", "-stack=128K")
wrong_words(302, "an_option_that_does_not_exist", "-stak=1M good.elf")
wrong_words(303, "a_size_that_is_no_number", "-stack=many good.elf")
wrong_words(303, "a_size_of_nothing", "-stack= good.elf")
wrong_words(303, "a_size_of_zero", "-stack=0 good.elf")
wrong_words(303, "a_size_with_a_unit_that_does_not_exist", "-stack=1X good.elf")
wrong_words(303, "a_size_beyond_64_bits", "-stack=99999999999999999999 good.elf")
wrong_words(303, "a_size_that_is_no_page", "-stack=5000 good.elf")
wrong_words(303, "a_stack_of_more_than_a_gibibyte", "-stack=2G good.elf")
wrong_words(303, "three_levels_of_page_tables", "-paging=3 good.elf")
wrong_words(303, "an_address_that_no_cpu_has", "-stack-at=0x800000000000 good.elf")
wrong_words(303, "a_direct_map_that_is_not_aligned", "-direct-map=0xffffc00000001000 good.elf")
wrong_words(303, "something_unknown_to_do_on_an_error", "-onerror=explode good.elf")
wrong_words(304, "a_module_without_a_name", "good.elf some words ---")

# ---- 4xx: the machine ----------------------------------------------------------------------------

wrong_words(405, "five_levels_on_a_cpu_that_has_four", "-paging=5 good.elf")

# ---- 5xx: files ----------------------------------------------------------------------------------

wrong_words(501, "a_file_that_is_not_there", "nowhere.elf")
wrong_words(501, "a_folder", "folder")
wrong_words(501, "a_module_that_is_not_there", "good.elf --- nowhere.bin")


@mistake(504)
def a_gzip_file_that_is_cut_short(elf):
    return gzip.compress(elf.data, mtime=0)[:-1000]


@mistake(504)
def a_gzip_file_with_a_wrong_checksum(elf):
    data = bytearray(gzip.compress(elf.data, mtime=0))
    data[-8] ^= 1
    return data


@mistake(504)
def a_gzip_file_with_damage_inside(elf):
    data = bytearray(gzip.compress(elf.data, mtime=0))
    data[len(data) // 2] ^= 0xFF
    return data


@mistake(103)
def a_bad_kernel_that_is_compressed(elf):
    elf.header.e_class = 1
    return gzip.compress(elf.data, mtime=0)


wrong_words(505, "a_file_with_another_hash", f"-sha256={'0' * 64} good.elf")
wrong_words(303, "a_hash_that_is_too_short", "-sha256=0123 good.elf")

# ---- 7xx: protocols -----------------------------------------------------------------------------

wrong_words(701, "a_protocol_that_does_not_exist", "-protocol=morse good.elf")

# ---- how they are tried --------------------------------------------------------------------------


def spoil(case):
    """The bytes of a case's file."""
    elf = elfmaker.Elf(read(case.base))
    changed = case.make(elf)
    return bytes(elf.data if changed is None else changed)


def file_names():
    """The name on the disc of each case that has a file."""
    return {name: f"bad{at:03}.elf" for at, name in enumerate(CASES) if CASES[name].make}


def catalogue():
    """The messages: number -> (name, summary)."""
    entries = re.findall(r'^DIAG\((\d+), (\w+),\s*"([^"]*)"', DIAG_DEF.read_text(), re.MULTILINE)
    return {int(number): (name, summary) for number, name, summary in entries}


def squeeze(text):
    """Text without white space: the screen may break lines anywhere."""
    return "".join(text.split())


def expect_refusal(machine, code, limit=20):
    """Asserts that the machine refuses, says why in full in both places, and is back at its
    prompt."""
    said = machine.wait_serial("boot: ", limit)
    words = f"K{code} {catalogue()[code][1]}"
    assert words in said, machine.report()
    assert "\n     fix: " in said and f"docs/errors.md#K{code})" in said, machine.report()
    assert squeeze(words) in squeeze(machine.screen_text()), machine.report()
    assert f"docs/errors.md#K{code}" in squeeze(machine.screen_text()), machine.report()
    return said
