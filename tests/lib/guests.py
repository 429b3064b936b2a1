"""The tests' own kernels for foreign protocols, written in assembly in the tests, since what they
prove is read from outside, from their registers and memory once they have halted."""

import subprocess

# Prints that it has come this far, and changes no registers but EDX and the one that keeps the
# accumulator.
_STAND = """
    mov {kept}, {ax}
    mov dx, 0x3f8
    mov al, '@'
    out dx, al
    mov {ax}, {kept}
.stand:
    hlt
    jmp .stand
"""
STAND_32 = _STAND.format(kept="edi", ax="eax")
STAND_64 = _STAND.format(kept="r8", ax="rax")
SAID = "@"


def assemble(folder, name, source, form, link=()):
    """Assembles a source; links it if there are words for the linker. Returns the file."""
    path = folder / f"{name}.asm"
    path.write_text(source)
    made = folder / f"{name}.{form}"
    subprocess.run(["nasm", "-f", form, "-o", made, path], check=True)
    if not link:
        return made
    linked = folder / f"{name}.kernel"
    subprocess.run(["ld", *link, "-o", linked, made], check=True, capture_output=True)
    return linked
