"""Kernels of megabytes: these are not simply copied, but stay where the file was read to, or are
moved past each other. However their segments lie in the file and in memory, every word must
arrive."""

import gzip

import pytest
from large import BASE, MIB, RW, SHAPES, large, named


@pytest.mark.parametrize("shift", [0, 8], ids=["aligned", "unaligned"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_word_arrives(prove, tmp_path, shape, shift):
    segments = SHAPES[shape]
    if shift:
        # Not where pages begin, neither in the file nor in memory: neighbours then share pages.
        segments = [(address + shift, size, bss, RW) for address, size, bss, _ in segments]
    path = tmp_path / "large.elf"
    path.write_bytes(large(segments, shift))
    prove(path, append=named(segments))


@pytest.mark.parametrize("shape", ["one", "three that turn in a circle"])
def test_every_word_of_a_compressed_kernel_arrives(prove, tmp_path, shape):
    path = tmp_path / "large.elf.gz"
    path.write_bytes(gzip.compress(large(SHAPES[shape]), 1))
    prove(path, append=named(SHAPES[shape]))


@pytest.mark.parametrize("memory", [32, 256])
@pytest.mark.parametrize("shape", ["one", "two the other way round"])
def test_memory_is_free_beside_a_large_kernel(prove, tmp_path, shape, memory):
    path = tmp_path / "memory.elf"
    path.write_bytes(large(SHAPES[shape], kernel="memory"))
    prove(path, memory=memory)


def test_a_64_mib_kernel_arrives(prove, tmp_path):
    path = tmp_path / "large.elf"
    segments = [(BASE, 64 * MIB, 4096, RW)]
    path.write_bytes(large(segments))
    prove(path, append=named(segments), medium="cd-ahci", memory=512)
