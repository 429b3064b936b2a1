"""The screen of a kernel that draws (tests/kernels/video.c): its boot information, compared with
the picture that QEMU shows."""

import re

import paging


class Shown:
    """What tests/kernels/video.c said about the screen."""

    def __init__(self, machine, told):
        self.machine, self.told = machine, told
        numbers = told.framebuffer
        self.address, self.physical, self.width, self.height, self.pitch, self.depth = numbers
        self.colours = list(zip(told.colours[0::2], told.colours[1::2]))  # (shift, bits)
        self.modes = re.findall(r"^mode (\d+x\d+)x(\d+) ([0-9a-f]+)", machine.serial(), re.M)

    @property
    def size(self):
        """Width and height."""
        return self.width, self.height

    def read(self, address, size):
        """Reads the kernel's memory, by virtual address, in consecutive pages."""
        phys = paging.translate(self.machine.page_tables(), address)
        return self.machine.memory(phys, size)

    def check_pattern(self, picture):
        """The picture is what the kernel has drawn, in as many bits as a colour has."""
        assert (picture.width, picture.height) == self.size
        lost = [8 - bits for _, bits in self.colours]
        for y in range(0, self.height, 7):
            for x in [*range(0, self.width, 13), self.width - 1]:
                wanted = (x & 255, y & 255, (x ^ y) & 255)
                seen = picture.at(x, y)
                assert all(
                    a >> by == b >> by for a, b, by in zip(seen, wanted, lost)
                ), f"({x}, {y}) is {tuple(seen)}, not {wanted}"
