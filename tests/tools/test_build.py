"""build.sh itself: where it may stand, what it does again, what it says and installs."""

import fcntl
import os
import pathlib
import shutil
import subprocess
import threading
import time

import pytest

from projects import ROOT, copy_project

from lib import project as project_module

NEED = ROOT / "commands/lib/need.sh"
COMMANDS = sorted(
    path.stem for path in (ROOT / "commands").glob("*.*") if path.suffix in (".sh", ".py")
)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(project, command):
    told = project.good(command, "--help")
    if command != "help":
        assert f"usage: ./build.sh {command}" in told and "\nexamples:\n    ./build.sh" in told
        assert project.good("help", command) == told
        assert f"\n    {command} " in project.good("help"), "the list of commands leaves it out"


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "help"])
def test_each_command_refuses_what_it_does_not_know(project, command):
    assert "--nonsense" in project.bad(command, "--nonsense", status=2)


@pytest.mark.parametrize("word", ["nonsense", "../commands/run", "lib", "need", "Run", "run.py"])
def test_an_unknown_command_is_refused(project, word):
    assert "./build.sh help" in project.bad(word, status=2)


def test_it_is_found_through_a_link(project, tmp_path):
    (tmp_path / "lj").symlink_to(project.root / "build.sh")
    done = subprocess.run([tmp_path / "lj", "help"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and "usage:" in done.stdout


@pytest.mark.xdist_group("copy")
def test_a_second_build_does_nothing(copy):
    image = copy.root / "build/longjump.iso"
    before = image.stat()
    told = copy.good().splitlines()
    assert len(told) == 1 and told[0].endswith("is up to date"), told
    assert image.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.xdist_group("copy")
def test_only_what_changed_is_compiled(copy):
    source = copy.root / "kernel/main.c"
    text = source.read_text()
    try:
        source.write_text(text + "\n/* more */\n")
        told = copy.good().splitlines()
        compiled = [line.split()[-1] for line in told if line.startswith("  compile")]
        assert compiled == ["kernel/main.c"]
    finally:
        source.write_text(text)
        copy.good()


@pytest.mark.xdist_group("copy")
def test_a_changed_isolinux_cfg_makes_the_image_anew(copy):
    config = copy.root / "isolinux.cfg"
    text = config.read_text()
    try:
        config.write_text(text + "# more\n")
        told = copy.good()
        assert "compile" not in told and "is made" in told
    finally:
        config.write_text(text)
        copy.good()


@pytest.mark.xdist_group("copy")
def test_another_compiler_compiles_everything_anew(copy):
    told = copy.good("image", LONGJUMP_CC="clang")
    assert "loader/core/elf/read.c" in told and "is made" in told
    said = copy.good("run", LONGJUMP_CC="clang").splitlines()
    assert "is up to date" in said[0] and said[-1] == "the kernel has halted"
    assert "loader/core/elf/read.c" in copy.good()


def test_clean_removes_what_was_built_and_nothing_else(tmp_path):
    fresh = copy_project(tmp_path / "fresh")
    before = sorted(fresh.root.rglob("*"))
    (fresh.root / "build/obj").mkdir(parents=True)
    fresh.good("clean")
    assert sorted(fresh.root.rglob("*")) == before


def test_clean_takes_a_link_and_leaves_what_it_leads_to(tmp_path):
    fresh = copy_project(tmp_path / "fresh")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/precious").write_text("precious")
    (fresh.root / "build").symlink_to(tmp_path / "elsewhere")
    assert f"a symbolic link to {tmp_path}/elsewhere, is removed" in fresh.good("clean")
    assert not os.path.lexists(fresh.root / "build")
    assert (tmp_path / "elsewhere/precious").read_text() == "precious"


def test_clean_waits_for_a_build_that_is_under_way(tmp_path):
    fresh = copy_project(tmp_path / "fresh")
    (fresh.root / "build").mkdir()
    with open(fresh.root / "build/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [fresh.root / "build.sh", "clean"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as cleaning:
            assert cleaning.stdout.readline() == "waiting for a build that is under way\n"
            assert (fresh.root / "build/.lock").exists()
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert cleaning.stdout.read() == "build/ is removed\n"
    assert not (fresh.root / "build").exists()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    fresh = copy_project(tmp_path / "fresh")
    (fresh.root / "build").mkdir()
    (tmp_path / "precious").write_text("precious")
    (fresh.root / "build/.lock").symlink_to(tmp_path / "precious")
    assert "build/.lock is a symbolic link: remove it" in fresh.bad()
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_lock_that_was_taken_away_holds_nothing(tmp_path, monkeypatch):
    """As `clean` does while another build waits for its end."""
    monkeypatch.setattr(project_module, "BUILD", tmp_path / "build")
    first = project_module.take_lock()
    gotten = []
    waiting = threading.Thread(target=lambda: gotten.append(project_module.take_lock()))
    waiting.start()
    time.sleep(0.2)  # it waits for the lock that goes
    shutil.rmtree(tmp_path / "build")
    os.close(first)
    waiting.join(10)
    held = (tmp_path / "build/.lock").stat()
    assert os.path.samestat(os.fstat(gotten[0]), held)
    os.close(gotten[0])


PACKAGES = {
    "make": "make",
    "cc": "gcc",
    "objcopy": "binutils",
    "nasm": "nasm",
    "qemu-system-x86_64": "qemu-system-x86",
    "isohybrid xorriso": "syslinux-utils",
    "genisoimage mkisofs xorriso": "genisoimage",
}


@pytest.mark.parametrize("tools", PACKAGES)
def test_a_missing_tool_names_its_package(project, path_without, tmp_path, tools):
    path = path_without(*tools.split())
    command = ["run"] if "qemu" in tools else ["image", "--output", tmp_path / "x.iso"]
    told = project.bad(*command, "--no-install", PATH=path)
    line = next(line for line in told.splitlines() if "sudo apt-get install" in line)
    assert PACKAGES[tools] in line.split()
    assert not (tmp_path / "x.iso").exists()


def test_a_missing_python_names_its_package(tmp_path):
    script = 'source "$1"; find_python() { return 1; }; need_install=no; need python'
    done = subprocess.run(["bash", "-c", script, "-", NEED], capture_output=True, text=True)
    assert done.returncode == 1 and "sudo apt-get install" in done.stderr
    assert "python3" in done.stderr


SYSTEMS = {
    "ID=ubuntu\nID_LIKE=debian": "sudo apt-get install --no-install-recommends make gcc binutils",
    "ID=fedora": "sudo dnf install make gcc binutils nasm xorriso syslinux syslinux-nonlinux",
    "ID=arch": "sudo pacman -S --needed make gcc binutils nasm libisoburn syslinux",
    "ID=manjaro\nID_LIKE=arch": "sudo pacman -S --needed make",
    'ID=rocky\nID_LIKE="rhel centos fedora"': "sudo dnf install make",
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_has_its_own_packages(tmp_path, system):
    (tmp_path / "os-release").write_text(system + "\n")
    script = (
        'source "$1"; has() { return 1; }; find_syslinux() { return 1; };'
        "need_system=$2; look build; install_command"
    )
    done = subprocess.run(
        ["bash", "-c", script, "-", NEED, tmp_path / "os-release"], capture_output=True, text=True
    )
    assert done.stdout.startswith(SYSTEMS[system]), done.stdout + done.stderr


@pytest.mark.parametrize("place", ["/usr/share/syslinux", "/usr/lib/syslinux/bios"])
def test_syslinux_is_looked_for_where_others_keep_it(place):
    assert place in NEED.read_text()


def test_what_is_missing_is_installed_where_that_is_allowed(tmp_path):
    """A stand-in for apt-get writes down what it was asked for; the first try finds no lists."""
    log = tmp_path / "log"
    (tmp_path / "apt-get").write_text(
        f'#!/bin/bash\necho "$DEBIAN_FRONTEND $*" >>{log}\n'
        f"case $* in update) touch {tmp_path}/lists ;; *) [[ -e {tmp_path}/lists ]] ;; esac\n"
    )
    (tmp_path / "apt-get").chmod(0o755)
    script = (
        'source "$1"; tools=$2; has() { case $1 in nasm) [[ -e $tools/lists ]] ;;'
        ' *) command -v "$1" >/dev/null ;; esac; }; need build'
    )
    done = subprocess.run(
        ["bash", "-c", script, "-", NEED, tmp_path],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True,
    )  # fmt: skip
    if os.geteuid() != 0:
        assert "sudo apt-get install" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    asked = log.read_text().splitlines()
    assert any(line == "noninteractive update" for line in asked)
    assert asked[-1].startswith("noninteractive install -y") and asked[-1].endswith(" nasm")
    assert done.stdout.splitlines() == ["installing: nasm", "fetching the lists of packages"]


def test_ci_runs_the_tests():
    script = (ROOT / ".ci/run").read_text()
    assert "./build.sh test" in script and "set -euo pipefail" in script
    assert os.access(ROOT / ".ci/run", os.X_OK) and os.access(ROOT / "build.sh", os.X_OK)
    assert pathlib.Path(ROOT / "LICENSE").read_text().startswith("MIT License")
