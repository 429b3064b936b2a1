"""Kernels of Multiboot 1 and 2 for the tests, and what they were told, as read from outside."""

import struct

import guests

MIB = 1 << 20
LINK_32 = ("-melf_i386", "-n", "-Ttext=0x100000", "-e", "start")
LINK_64 = ("-melf_x86_64", "-n", "-Ttext=0x100000", "-e", "start")
HEADER_1 = """
    align 4
header:
    dd 0x1badb002, {flags}, -(0x1badb002 + {flags})
    dd {addresses}
"""
HEADER_2 = """
    align 8
header_2:
    dd 0xe85250d6, 0, header_2_end - header_2, -(0xe85250d6 + header_2_end - header_2)
    {tags}
    align 8
    dw 0, 0
    dd 8
header_2_end:
"""


# Prints the bytes that EBX points at, as many as the first word there says, in letters from a to p.
DUMP = """
    mov edi, [ebx]
    add edi, ebx
    mov cl, '<'
    call .say
.next:
    mov cl, [ebx]
    shr cl, 4
    add cl, 'a'
    call .say
    mov cl, [ebx]
    and cl, 15
    add cl, 'a'
    call .say
    inc ebx
    cmp ebx, edi
    jb .next
    mov cl, '>'
    call .say
.stop:
    hlt
    jmp .stop
.say:
    mov dx, 0x3fd
.wait:
    in al, dx
    test al, 0x20
    jz .wait
    mov dx, 0x3f8
    mov al, cl
    out dx, al
    ret
"""


def multiboot1(folder, flags=3, addresses="0, 0, 0, 0, 0", form="elf32", link=LINK_32, more=""):
    source = HEADER_1.format(flags=flags, addresses=addresses) + more
    text = f"bits 32\nsection .text\nglobal start\nstart:\n{guests.STAND_32}{source}"
    return guests.assemble(folder, "one", text, form, link)


def multiboot2(folder, tags="", form="elf32", link=LINK_32, more="", code=guests.STAND_32):
    text = f"bits 32\nsection .text\nglobal start\nstart:\n{code}"
    return guests.assemble(folder, "two", text + HEADER_2.format(tags=tags) + more, form, link)


def enter(boot, kernel, **words):
    """Boots, and returns the machine with the registers that the kernel was entered with."""
    machine = boot(kernel, debug_exit=False, **words)
    machine.wait_serial(guests.SAID)
    return machine, machine.registers()


def check_state(registers, magic):
    """Multiboot 1, 3.2 and Multiboot 2, 3.3."""
    assert registers["rax"] == magic
    assert registers["cr0"] & 0x80000001 == 1, "protected mode without paging"
    assert registers["efer"] & 0x500 == 0, "long mode is left"
    assert registers["rflags"] & 0x20200 == 0, "no interrupts, not virtual 8086"
    for name in ("cs", "ds", "es", "fs", "gs", "ss"):
        segment = registers[name]
        assert (segment.base, segment.limit) == (0, 0xFFFFFFFF), name
    assert registers["cs"].flags & 0x600800 == 0x400800, "32-bit code"
    assert (registers["cs"].selector, registers["ss"].selector) == (0x10, 0x18), "as GRUB 2 has it"


class Info1:
    """The information of Multiboot 1 (3.3) as it lies in the machine's memory."""

    def __init__(self, machine, at):
        self.machine = machine
        words = struct.unpack("<22I", machine.memory(at, 88))
        self.flags, self.lower, self.upper, self.device, self.line = words[:5]
        self.module_count, self.modules_at = words[5:7]
        self.map_size, self.map_at = words[11:13]
        self.configuration, self.name, self.apm = words[15:18]
        self.vbe_control, self.vbe_mode_info = words[18:20]
        self.vbe = struct.unpack("<4H", machine.memory(at + 80, 8))
        self.screen = struct.unpack("<QIIIBB", machine.memory(at + 88, 22))

    def string(self, at):
        return self.machine.memory(at, 256).split(b"\0")[0].decode()

    def modules(self):
        for i in range(self.module_count):
            data = self.machine.memory(self.modules_at + 16 * i, 16)
            begin, end, line, _ = struct.unpack("<4I", data)
            yield self.machine.memory(begin, end - begin), self.string(line), begin

    def ranges(self):
        data = self.machine.memory(self.map_at, self.map_size)
        while data:
            size, begin, length, kind = struct.unpack_from("<IQQI", data)
            yield begin, begin + length, kind
            data = data[size + 4 :]


def read_tags(machine, at):
    """The information of Multiboot 2 (3.4): type -> bodies."""
    total, _ = struct.unpack("<II", machine.memory(at, 8))
    return parse_tags(machine.memory(at, total))


def parse_tags(data):
    """As read_tags(), from the bytes."""
    total, place, tags = len(data), 8, {}
    while place < total:
        kind, size = struct.unpack_from("<II", data, place)
        tags.setdefault(kind, []).append(data[place + 8 : place + size])
        place += (size + 7) & ~7
        if kind == 0:
            break
    assert place == total, "the end tag is the last"
    return tags
