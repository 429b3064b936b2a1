"""Makes minimal modules for Syslinux from C."""

import subprocess

import images

COMPILE = (
    "-m32 -march=i386 -mregparm=3 -Os -ffreestanding -fPIC -fno-plt -fno-stack-protector"
    " -fno-asynchronous-unwind-tables -fcf-protection=none -nostdlib -shared"
    " -Wl,--hash-style=gnu,--build-id=none,-z,noexecstack,-z,noseparate-code,-z,norelro"
    " -Wl,-z,max-page-size=0x20,-z,common-page-size=0x20"
)


def module(name):
    """The path of the module that is made of tests/boot/NAME.c."""
    source = images.ROOT / f"tests/boot/{name}.c"

    def make(path):
        subprocess.run(["gcc", *COMPILE.split(), "-o", path, source], check=True)

    return images.once(".c32", [source.read_bytes(), COMPILE], make)
