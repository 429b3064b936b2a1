"""What tests of build.sh share: running it, a copy of the project that may be changed, and a search
path without some tools."""

import os
import pathlib
import subprocess

import pytest

from projects import ROOT, Image, Project, copy_project

AWKWARD = 'it\'s a, "folder": 100% $o`ld #1 \\ ü'
PROGRAMS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")


@pytest.fixture(scope="session")
def project():
    """The project itself; images go elsewhere by --output."""
    return Project(ROOT)


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """A built copy in a folder with an awkward name; a test undoes what it changes."""
    made = copy_project(tmp_path_factory.mktemp("copy") / AWKWARD, built=True)
    made.good()
    return made


@pytest.fixture
def path_without(tmp_path):
    """Makes a PATH on which some programs are not."""

    def make(*names):
        folder = tmp_path / "path"
        folder.mkdir()
        for place in PROGRAMS:
            for program in pathlib.Path(place).glob("*"):
                link = folder / program.name
                if program.name not in names and not os.path.lexists(link):
                    link.symlink_to(program)
        return str(folder)

    return make


@pytest.fixture
def meanwhile(tmp_path):
    """A search path on which the program that makes the disc's file system does something else
    first: something that happens between a check and the writing."""
    folder = tmp_path / "meanwhile"
    folder.mkdir()

    def make(*lines):
        program = folder / "genisoimage"
        others = os.environ["PATH"]
        text = ["#!/bin/sh -e", *lines, f'PATH="{others}" exec genisoimage "$@"']
        program.write_text("\n".join(text) + "\n")
        program.chmod(0o755)
        return f"{folder}:{others}"

    return make


@pytest.fixture
def kernel(tmp_path):
    """Assembles a 64-bit kernel, whose body is a few lines of assembly."""

    def make(*body, name="tiny"):
        source, program = tmp_path / f"{name}.asm", tmp_path / f"{name}.elf"
        lines = ["bits 64", "section .text", "global _start", "_start:", *body]
        source.write_text("\n".join(lines) + "\n")
        made = tmp_path / f"{name}.o"
        subprocess.run(["nasm", "-felf64", "-g", "-Fdwarf", "-o", made, source], check=True)
        subprocess.run(["ld", "-melf_x86_64", "-Ttext=0x200000", "-o", program, made], check=True)
        return program

    return make


@pytest.fixture
def make_image(project, tmp_path):
    """Makes an image with some words; returns it."""

    def make(*words, **more):
        output = tmp_path / "made.iso"
        project.good("image", "--output", output, *words, **more)
        return Image(output)

    return make
