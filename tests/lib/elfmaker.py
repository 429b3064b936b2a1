"""Makes ELF64 files with any field wrong, from files that are right. Knows the ELF format; checks
nothing."""

import struct

PT_NULL, PT_LOAD, PT_DYNAMIC, PT_TLS, PT_GNU_RELRO = 0, 1, 2, 7, 0x6474E552
PF_X, PF_W, PF_R = 1, 2, 4
DT_NEEDED, DT_HASH, DT_RELA, DT_RELASZ, DT_RELAENT, DT_DEBUG = 1, 4, 7, 8, 9, 21
DT_SYMTAB = 6
DT_RELR, DT_RELRSZ, DT_RELRENT = 36, 35, 37

_HEADER = {
    "e_class": (4, "B"),
    "e_data": (5, "B"),
    "e_ident_version": (6, "B"),
    "e_type": (16, "H"),
    "e_machine": (18, "H"),
    "e_version": (20, "I"),
    "e_entry": (24, "Q"),
    "e_phoff": (32, "Q"),
    "e_shoff": (40, "Q"),
    "e_ehsize": (52, "H"),
    "e_phentsize": (54, "H"),
    "e_phnum": (56, "H"),
    "e_shentsize": (58, "H"),
    "e_shnum": (60, "H"),
    "e_shstrndx": (62, "H"),
}
_SEGMENT = {
    "p_type": (0, "I"),
    "p_flags": (4, "I"),
    "p_offset": (8, "Q"),
    "p_vaddr": (16, "Q"),
    "p_paddr": (24, "Q"),
    "p_filesz": (32, "Q"),
    "p_memsz": (40, "Q"),
    "p_align": (48, "Q"),
}
_SEGMENT_SIZE = 56
_SECTION = {
    "sh_name": (0, "I"),
    "sh_type": (4, "I"),
    "sh_offset": (24, "Q"),
    "sh_size": (32, "Q"),
    "sh_link": (40, "I"),
    "sh_entsize": (56, "Q"),
}
_SECTION_SIZE = 64
SHT_SYMTAB = 2
_DYNAMIC = {"d_tag": (0, "Q"), "d_val": (8, "Q")}
_SYMBOL = {"st_name": (0, "I"), "st_info": (4, "B"), "st_shndx": (6, "H"), "st_value": (8, "Q")}
_RELA = {"r_offset": (0, "Q"), "r_type": (8, "I"), "r_symbol": (12, "I"), "r_addend": (16, "Q")}


class View:
    """One structure inside a file; its fields are attributes, as in view.p_vaddr = 0."""

    def __init__(self, data, at, fields):
        self.__dict__.update(_data=data, _at=at, _fields=fields)

    def __getattr__(self, name):
        offset, form = self._fields[name]
        return struct.unpack_from("<" + form, self._data, self._at + offset)[0]

    def __setattr__(self, name, value):
        offset, form = self._fields[name]
        mask = (1 << 8 * struct.calcsize(form)) - 1
        struct.pack_into("<" + form, self._data, self._at + offset, value & mask)


class Elf:
    """A file to be changed in place; `data` is what would be written."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.header = View(self.data, 0, _HEADER)

    @property
    def segments(self):
        """All program headers."""
        start = self.header.e_phoff
        return [
            View(self.data, start + i * _SEGMENT_SIZE, _SEGMENT) for i in range(self.header.e_phnum)
        ]

    def section(self, sh_type):
        """The first section header of a type."""
        start, count = self.header.e_shoff, self.header.e_shnum
        sections = [View(self.data, start + i * _SECTION_SIZE, _SECTION) for i in range(count)]
        return next(section for section in sections if section.sh_type == sh_type)

    def load(self, flags):
        """The first PT_LOAD with just these flags."""
        return next(s for s in self.segments if s.p_type == PT_LOAD and s.p_flags == flags)

    def of_type(self, p_type):
        """The first program header of a type."""
        return next(s for s in self.segments if s.p_type == p_type)

    def offset_of(self, address):
        """Where in the file the byte at a virtual address is."""
        segment = next(
            s
            for s in self.segments
            if s.p_type == PT_LOAD and s.p_vaddr <= address < s.p_vaddr + s.p_filesz
        )
        return segment.p_offset + address - segment.p_vaddr

    def dynamic(self, tag):
        """The first entry of the dynamic section with a tag."""
        segment = self.of_type(PT_DYNAMIC)
        entries = range(segment.p_offset, segment.p_offset + segment.p_filesz, 16)
        return next(
            view for view in (View(self.data, at, _DYNAMIC) for at in entries) if view.d_tag == tag
        )

    def rela(self, index):
        """A relocation with addend."""
        return View(self.data, self.offset_of(self.dynamic(DT_RELA).d_val) + index * 24, _RELA)

    def symbol_of(self, rela):
        """The symbol that a relocation names."""
        table = self.offset_of(self.dynamic(DT_SYMTAB).d_val)
        return View(self.data, table + rela.r_symbol * 24, _SYMBOL)

    def relr(self, index):
        """A packed relocation word."""
        return View(
            self.data, self.offset_of(self.dynamic(DT_RELR).d_val) + index * 8, {"word": (0, "Q")}
        )

    def append(self, content, align=4096):
        """Puts bytes at the file's end; returns their offset."""
        self.data += bytes(-len(self.data) % align)
        offset = len(self.data)
        self.data += content
        return offset

    def add_segments(self, *segments):
        """Adds program headers, each a dictionary of fields; the whole table moves to the file's
        end."""
        table = bytearray(self.data[self.header.e_phoff :][: self.header.e_phnum * _SEGMENT_SIZE])
        for fields in segments:
            table += bytes(_SEGMENT_SIZE)
            view = View(table, len(table) - _SEGMENT_SIZE, _SEGMENT)
            for name, value in fields.items():
                setattr(view, name, value)
        self.header.e_phoff = self.append(table, 8)
        self.header.e_phnum = len(table) // _SEGMENT_SIZE
