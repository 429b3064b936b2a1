"""Makes kernels of megabytes, of which kernels/large.c expects every word."""

import array

import elfmaker
import images

MIB = 1 << 20
BASE = 0x400000
RW, RX, R = 6, 5, 4


def words(begin, size):
    """The bytes of a segment at an address, each word as large.c expects it."""
    return array.array("Q", range(begin + (1 << 63), begin + size + (1 << 63), 8)).tobytes()


def large(segments, shift=0, kernel="large"):
    """A kernel with more segments, given in the order in which they lie in the file: (address,
    bytes in the file, bytes of .bss, rights). All are shifted by some bytes in the file."""
    elf = elfmaker.Elf(images.kernel_path(kernel).read_bytes())
    headers = []
    for address, size, bss, flags in segments:
        offset = elf.append(bytes(shift), 4096) + shift
        elf.data += words(address, size)
        headers.append(
            {
                "p_type": elfmaker.PT_LOAD,
                "p_flags": flags,
                "p_offset": offset,
                "p_vaddr": address,
                "p_filesz": size,
                "p_memsz": size + bss,
                "p_align": 4096 if shift % 4096 == 0 else 8,
            }
        )
    elf.add_segments(*sorted(headers, key=lambda header: header["p_vaddr"]))
    return bytes(elf.data)


def named(segments):
    """The segments as large.c wants them on its command line."""
    return " ".join(f"{address:x} {size:x} {bss:x}" for address, size, bss, _ in segments)


SHAPES = {
    "one": [(BASE, 4 * MIB, 0, RW)],
    "one that ends within a page": [(BASE, 3 * MIB + 1000, 8192, RW)],
    "one with more .bss than data": [(BASE, MIB, 20 * MIB, RW)],
    "two in order": [(BASE, MIB, 0, R), (BASE + MIB, 2 * MIB, 4096, RW)],
    "two the other way round": [(BASE + MIB, 2 * MIB, 0, RW), (BASE, MIB, 0, R)],
    "three that turn in a circle": [
        (BASE + MIB, MIB, 0, RW),
        (BASE + 2 * MIB, MIB, 0, R),
        (BASE, MIB, 0, RX),
    ],
    "two with .bss between them": [(BASE, MIB, MIB, RW), (BASE + 2 * MIB, 2 * MIB, 0, R)],
    "two with .bss as large as the next": [(BASE, MIB, 2 * MIB, RW), (BASE + 3 * MIB, MIB, 0, R)],
    "one whose place another must leave first": [
        (BASE, MIB, 0, R),
        (BASE + 5 * MIB, MIB, 0, R),
        (BASE + MIB, 4 * MIB, 0, RW),
    ],
    "two far apart": [(BASE, MIB, 4096, RW), (BASE + (1 << 40), 2 * MIB, 4096, R)],
    "small pieces between": [
        (BASE, 4096, 0, R),
        (BASE + 4096, MIB, 0, RW),
        (BASE + MIB + 8192, 8192, 0, R),
        (BASE + 2 * MIB, MIB, 0, RX),
    ],
}
