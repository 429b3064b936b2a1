"""Settings for the caller's make and compilers are not for Longjump: it still builds the same."""

import os
import shlex
import subprocess

import pytest

from projects import same

# Sources to compile, assemble and link: those of the loader that is linked first.
SOURCES = (
    "loader/platform/uefi/file.c",
    "loader/platform/uefi/start.asm",
    "kernel/main.c",
)
BUILT = ("build/BOOTX64.EFI", "build/kernel.elf", "build/longjump.iso")

CALLERS = {
    "flags of make's": {"MAKEFLAGS": "rRi", "MAKELEVEL": "1", "MFLAGS": "-rRi"},
    "variables of make's": {"MAKEFLAGS": " -- CC=false V=1", "CC": "false", "V": "1"},
    "another Makefile": {"MAKEFILES": "{folder}/broken.mk"},
    "another search path": {"VPATH": "{folder}", "MAKEFLAGS": "e"},
    "tools for a kernel": {
        name: "false" for name in ("CC", "LD", "AR", "AS", "NM", "NASM", "OBJCOPY", "READELF")
    },
    "flags for a kernel": {"CFLAGS": "-nonsense", "LDFLAGS": "-nonsense", "NASMENV": "-nonsense"},
    "headers for a kernel": {"CPATH": "{folder}", "C_INCLUDE_PATH": "{folder}"},
    "a list of dependencies": {"DEPENDENCIES_OUTPUT": "{folder}/list all"},
}


@pytest.fixture
def hostile(tmp_path):
    """A folder with what must not be found."""
    (tmp_path / "broken.mk").write_text("$(error this is another project's)\n")
    for header in ("stdint.h", "stddef.h", "stdbool.h", "stdarg.h"):
        (tmp_path / header).write_text("#error this is another project's\n")
    return tmp_path


def touch_sources(copy):
    for name in SOURCES:
        (copy.root / name).touch()


@pytest.fixture(scope="session")
def wanted(copy):
    """What is to be built, with the copy's folder in the debug data."""
    touch_sources(copy)
    copy.good()
    return {name: (copy.root / name).read_bytes() for name in BUILT}


@pytest.mark.xdist_group("copy")
@pytest.mark.parametrize("caller", CALLERS)
def test_what_is_meant_for_a_kernel_changes_nothing(copy, wanted, hostile, caller):
    touch_sources(copy)
    words = {name: text.format(folder=hostile) for name, text in CALLERS[caller].items()}
    said = copy.good(**words)
    assert said.count("  compile") == 2 and "$(" not in said and "warning" not in said, said
    for name in BUILT:
        assert same(copy.root / name, wanted[name]), name
    assert not (hostile / "list").exists()


@pytest.mark.xdist_group("copy")
@pytest.mark.parametrize("home", ["", "/nonexistent"])
def test_a_compiler_that_writes_to_the_home_folder_works_without_one(copy, tmp_path, home):
    """Like ccache, if that is called cc: without a home to write to it fails, or leaves files
    here."""
    (tmp_path / "cc").write_text(
        '#!/bin/sh\n[ "$CCACHE_DISABLE" ] || [ -w "$HOME" ] || exit\nexec /usr/bin/cc "$@"\n'
    )
    (tmp_path / "cc").chmod(0o755)
    copy.good()
    (copy.root / "kernel/main.c").touch()
    own = {"PATH": f"{tmp_path}:/usr/bin:/bin:/usr/sbin:/sbin", "CCACHE_DIR": ""}
    assert "compile  kernel/main.c" in copy.good(HOME=home, **own)


@pytest.mark.xdist_group("copy")
@pytest.mark.parametrize("words", [["-rR"], ["-j4"], ["CC=false", "OBJCOPY=false", "LD=false"]])
def test_a_make_that_calls_us_does_not_affect_ours(copy, kernel, tmp_path, words):
    """With the line in Limine's template."""
    kernel("mov al, 16", "out 0xf4, al", "jmp $")
    program = shlex.quote(str(copy.root / "build.sh")).replace("$", "$$")
    (tmp_path / "Makefile").write_text(
        "override MAKEFLAGS += -rR\nrun: tiny.elf\n"
        f"\t{program} --no-install runner --test tiny.elf\n"
    )
    source = "loader/platform/kernel/main.c"
    (copy.root / source).touch()
    done = subprocess.run(
        ["make", "-C", tmp_path, *words, "run"], capture_output=True, text=True,
        env={key: value for key, value in os.environ.items() if key != "MAKEFLAGS"},
    )  # fmt: skip
    assert done.returncode == 0 and "test passed: tiny.elf" in done.stderr, done.stderr
    assert "jobserver" not in done.stderr and "warning" not in done.stderr, done.stderr
    assert f"compile  {source}" in done.stderr, done.stderr


@pytest.mark.xdist_group("copy")
def test_make_run_is_build_sh_run(copy):
    """With a make whose variables are those of a kernel."""
    source = "loader/platform/uefi/file.c"
    (copy.root / source).touch()
    done = subprocess.run(
        ["make", "-C", copy.root, "-rR", "run", "CC=false", "OBJCOPY=false"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={key: value for key, value in os.environ.items()
             if key not in ("MAKEFLAGS", "DISPLAY", "WAYLAND_DISPLAY")},
    )  # fmt: skip
    assert done.returncode == 0 and "the kernel has halted\n" in done.stdout, done.stdout
    assert f"compile  {source}" in done.stdout and "jobserver" not in done.stdout, done.stdout


def test_make_help_lists_what_make_knows(project):
    done = subprocess.run(["make", "-C", project.root, "help"], capture_output=True, text=True)
    for target in ("run", "test", "help", "tests", "clean"):
        assert f"\n    make {target} " in done.stdout


@pytest.mark.xdist_group("copy")
def test_a_compiler_that_fails_leaves_nothing_to_be_linked(copy, tmp_path):
    source = copy.root / "kernel/main.c"
    text = source.read_text()
    before = (copy.root / "build/kernel.elf").read_bytes()
    try:
        source.write_text(text + "\n#error it does not compile\n")
        said = copy.bad("image", MAKEFLAGS="ik")
        assert "it did not compile" in said
        assert same(copy.root / "build/kernel.elf", before), "nothing was linked"
    finally:
        source.write_text(text)
        copy.good()
