"""`dist`: what it makes needs no compiler, no Syslinux and no source tree, and is the same each
time."""

import os
import re
import subprocess
import tarfile

import pytest

from projects import ROOT, same

pytestmark = pytest.mark.xdist_group("dist")
NEVER_NEEDED = ("make", "cc", "gcc", "clang", "nasm", "ld", "ar", "objcopy",
                "genisoimage", "mkisofs", "isohybrid", "xorriso")  # fmt: skip


@pytest.fixture(scope="session")
def made(project, tmp_path_factory):
    """The archive and the package."""
    folder = tmp_path_factory.mktemp("dist")
    paths = folder / "longjump.tar.gz", folder / "longjump.deb"
    project.good("dist", "--output", paths[0])
    project.good("dist", "--deb", "--output", paths[1], DEBFULLNAME="", DEBEMAIL="")
    return paths


@pytest.fixture(scope="session")
def unpacked(made, tmp_path_factory):
    """The prefix in the archive, unpacked."""
    folder = tmp_path_factory.mktemp("unpacked") / "a folder"
    folder.mkdir()
    subprocess.run(["tar", "-xf", made[0], "-C", folder], check=True)
    (prefix,) = folder.iterdir()
    return prefix


def longjump(prefix, home, *words, status=0, **environment):
    """Runs the command of a prefix, for a user who has only a home folder."""
    own = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("LONGJUMP", "PYTHON", "XDG", "SYSLINUX")) and "DISPLAY" not in key
    }
    done = subprocess.run(
        [prefix / "bin/longjump", "--no-install", *map(str, words)], cwd=home, text=True,
        env={**own, "HOME": str(home), **environment}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
    )  # fmt: skip
    assert done.returncode == status and "Traceback" not in done.stdout, done.stdout
    return done.stdout


def test_the_archive_is_the_same_each_time(project, made, tmp_path):
    project.good("dist", "--output", tmp_path / "again")
    assert same(made[0], tmp_path / "again")
    with tarfile.open(made[0]) as tar:
        entries = tar.getmembers()
    assert {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in entries} == {
        (0, 0, "root", "root", 1767225600)
    }
    assert all(entry.mode in (0o755, 0o644, 0o777) for entry in entries)


def test_the_package_is_the_same_each_time(project, made, tmp_path):
    project.good("dist", "--deb", "--output", tmp_path / "again", DEBFULLNAME="", DEBEMAIL="")
    assert same(made[1], tmp_path / "again")


def test_a_machine_with_only_python_and_qemu_makes_and_runs_images(
    unpacked, tmp_path, path_without
):
    """This machine has Syslinux as well, so the test checks which one was used."""
    path = path_without(*NEVER_NEEDED)
    said = longjump(unpacked, tmp_path, "run", "--menu", PATH=path)
    assert said.endswith("the kernel has halted\n")
    names = ("isolinux.bin", "ldlinux.c32", "menu.c32")
    script = f'source "$1"; for name in {" ".join(names)}; do find_syslinux $name; done'
    need = unpacked / "share/longjump/commands/lib/need.sh"
    found = subprocess.run(["bash", "-c", script, "-", need], capture_output=True, text=True)
    own = unpacked / "lib/longjump/syslinux"
    assert [os.path.realpath(line) for line in found.stdout.splitlines()] == [
        str(own / name) for name in names
    ]
    said = longjump(unpacked, tmp_path, "doctor", PATH=path)
    assert re.search(r"xorriso +1\.", said) and "nasm" not in said
    assert re.search(r"isolinux.bin +6\..*\n +ldlinux.c32 +6\.", said), said


def test_xorriso_loads_no_library_of_this_machine_but_libc(unpacked):
    folder = unpacked / "lib/longjump/xorriso"
    listed = subprocess.run(["ldd", folder / "xorriso"], capture_output=True, text=True, check=True,
                            env={**os.environ, "LD_LIBRARY_PATH": str(folder)})  # fmt: skip
    paths = [line.split(" => ")[1].rsplit(" (")[0] for line in listed.stdout.splitlines()
             if " => " in line]  # fmt: skip
    theirs = {os.path.basename(path) for path in paths if os.path.dirname(path) != str(folder)}
    assert len(paths) > 5 and theirs <= {"libc.so.6", "libpthread.so.0"}, paths


def test_what_is_missing_is_named(unpacked, tmp_path, path_without):
    path = path_without(*NEVER_NEEDED, "qemu-system-x86_64")
    said = longjump(unpacked, tmp_path, "run", PATH=path, status=1)
    assert "missing: QEMU\n" in said
    assert "OK" in longjump(unpacked, tmp_path, "check", ROOT / "build/kernel.elf", PATH=path)


def test_a_new_project_names_the_compiler_that_it_takes(unpacked, tmp_path, path_without):
    said = longjump(unpacked, tmp_path, "new", "k", PATH=path_without(*NEVER_NEEDED))
    assert "missing: make, a C compiler, ld\n" in said and (tmp_path / "k/Makefile").exists()


def test_commands_that_need_the_source_say_so(unpacked, tmp_path):
    for command in ("test", "bench", "install", "dist"):
        said = longjump(unpacked, tmp_path, command, status=2)
        assert said == f"longjump: {command} works only in a checkout of Longjump\n"


def test_others_files_come_with_their_licence_and_their_source(unpacked):
    folder = unpacked / "share/doc/longjump/third-party"
    assert "GNU GENERAL PUBLIC LICENSE" in (folder / "GPL-2").read_text()
    assert "Upstream-Name: SYSLINUX" in (folder / "isolinux.copyright").read_text()
    source = (folder / "SOURCE").read_text()
    assert re.search(r"apt-get source syslinux=\d:6\.\d+", source)
    for name in ("libisoburn", "libisofs", "libburn"):
        assert re.search(rf"apt-get source {name}=1\.", source)
    for part in ("syslinux", "xorriso"):
        for path in (unpacked / "lib/longjump" / part).iterdir():
            (package,) = re.findall(
                rf"  lib/longjump/{part}/{re.escape(path.name)} \((.*)\)", source
            )
            terms = (folder / f"{package}.copyright").read_text()
            for licence in re.findall(r"common-licenses/([A-Z]+-\d(?:\.\d)?)", terms):
                assert (folder / licence).is_file()


def test_the_header_of_an_archive_is_found_wherever_it_lies(unpacked):
    command = ["pkg-config", "--variable=includedir", "longjump"]
    environment = {**os.environ, "PKG_CONFIG_PATH": str(unpacked / "share/pkgconfig")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert os.path.samefile(done.stdout.strip().replace("\\ ", " "), unpacked / "include")


def test_the_package_follows_debians_policy(made):
    done = subprocess.run(
        ["lintian", "--allow-root", made[1]], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg installs as root")
def test_the_package_is_installed_and_removed(made, tmp_path):
    """In a separate system, where nothing else is installed."""
    root, admin = tmp_path / "root", tmp_path / "root/var/lib/dpkg"
    for folder in (admin / "info", admin / "updates"):
        folder.mkdir(parents=True)
    (admin / "status").touch()
    dpkg = ["dpkg", f"--instdir={root}", f"--admindir={admin}", "--force-depends",
            f"--log={tmp_path}/log"]  # fmt: skip
    subprocess.run([*dpkg, "--install", made[1]], check=True, capture_output=True)
    usr = root / "usr"
    assert longjump(usr, tmp_path, "--version") == "Longjump 2.0.0\n"
    assert longjump(usr, tmp_path, "run").endswith("the kernel has halted\n")
    said = longjump(usr, tmp_path, "uninstall", status=2)
    assert "there is no command uninstall" in said
    for name in ("share/man/man1/longjump.1.gz", "share/bash-completion/completions/longjump",
                 "share/doc/longjump/copyright", "include/longjump.h"):  # fmt: skip
        assert (usr / name).is_file(), name
    subprocess.run([*dpkg, "--purge", "longjump"], check=True, capture_output=True)
    left = [path for path in root.rglob("*") if admin not in path.parents and path != admin]
    assert not [path for path in left if path.is_file() or path.is_symlink()], left
    assert not usr.exists()
