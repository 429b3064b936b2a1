"""Where output goes: a checkout may belong to somebody else, or be read-only; and what root makes
must not be in the way of the checkout's owner."""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

import pytest
from projects import ROOT, Project, copy_project

pytestmark = [
    pytest.mark.xdist_group("places"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else"),
]

NOBODY = 65534
MADE = ("longjump.c32", "kernel.elf", "check", "BOOTX64.EFI", "postmortem")


class Stranger(Project):
    """A checkout, used by somebody who does not own it."""

    def __init__(self, root, folder):
        super().__init__(root)
        self.folder = folder  # of the stranger's own
        self.home = folder / "home"

    def run(self, *words, **environment):
        own = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(self.folder)}
        return subprocess.run(
            [
                *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
                *(self.root / "build.sh", "--no-install", *words),
            ],
            cwd=self.folder,
            env={**own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )


def tree(folder):
    return sorted((str(path), path.lstat().st_mtime_ns) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def place():
    """A folder that everybody can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        os.chmod(made, 0o755)
        yield pathlib.Path(made)


@pytest.fixture(scope="module")
def checkout(place):
    """A checkout that belongs to root, as in a container image: what is needed is built, and
    nothing may be changed."""
    copy = copy_project(place / "checkout").root
    (copy / "build").mkdir()
    for name in MADE:
        shutil.copy(ROOT / "build" / name, copy / "build")
    subprocess.run(["chmod", "-R", "go-w,a+rX", copy], check=True)
    return copy


@pytest.fixture
def stranger(checkout, place):
    with tempfile.TemporaryDirectory(dir=place) as folder:
        folder = pathlib.Path(folder)
        shutil.copy(ROOT / "build/kernel.elf", folder / "k.elf")
        (folder / "home").mkdir()
        for path in (folder, folder / "k.elf", folder / "home"):
            os.chown(path, NOBODY, NOBODY)
        before = tree(checkout)
        yield Stranger(checkout, folder)
        assert tree(checkout) == before, "the checkout stays as it is"


def test_a_stranger_without_a_home_works_in_a_private_folder(stranger):
    said = stranger.good("runner", "--test-timeout", "60", "k.elf")
    assert said.endswith("the kernel has halted\n")
    said = stranger.good("image")
    private = stranger.folder / f"longjump-{NOBODY}"
    made = list(private.glob("longjump/*/build/longjump.iso"))
    assert len(made) == 1 and str(made[0].relative_to(stranger.folder)) in said
    assert private.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_a_stranger_works_in_a_cache_folder(stranger, variable):
    stranger.good("image", **{variable: str(stranger.home)})
    cache = stranger.home / (".cache" if variable == "HOME" else ".")
    assert len(list(cache.glob("longjump/*/build/longjump.iso"))) == 1


def test_a_check_needs_no_folder_to_write_to(stranger):
    said = stranger.good("check", "k.elf", TMPDIR="/nonexistent")
    assert "can start k.elf" in said


def test_where_nothing_can_be_written_it_says_what_to_do(stranger):
    said = stranger.bad("image", TMPDIR="/nonexistent")
    assert "nothing can be written into" in said and "set XDG_CACHE_HOME" in said
    stranger.bad("runner", "--test", "k.elf", TMPDIR="/nonexistent", status=2)


def test_a_folder_of_another_user_is_not_taken(stranger, place):
    """Its name is predictable."""
    private = stranger.folder / f"longjump-{NOBODY}"
    for trap in ("link", "folder", "mode"):
        if trap == "link":
            private.symlink_to(stranger.home)
        else:
            private.mkdir()
        if trap == "mode":
            os.chown(private, NOBODY, NOBODY)
            private.chmod(0o777)
        assert "nothing can be written" in stranger.bad("image")
        assert list(stranger.home.iterdir()) == []
        private.unlink() if trap == "link" else private.rmdir()


def test_a_user_who_may_not_remove_an_installation_is_told_what_to_type(stranger, place):
    prefix = place / "my prefix"
    (prefix / "share/longjump").mkdir(parents=True)
    (prefix / "share/longjump/installed").write_text("link:here there\n")
    (prefix / "there").symlink_to("here")
    said = stranger.bad("uninstall", "--prefix", prefix)
    line = f"./build.sh uninstall --prefix '{prefix}'"
    assert said.endswith(f"Permission denied; {line_of_root(line)}\n"), said
    assert (prefix / "there").is_symlink()


def line_of_root(line):
    """The same line, for somebody who is not root."""
    return f"sudo {line}" if shutil.which("sudo") else f"su -c {shlex.quote(line)}"


def test_what_is_out_of_date_is_compiled_elsewhere(stranger, checkout):
    source = checkout / "loader/core/version.h"
    before = source.stat()
    os.utime(source)
    try:
        said = stranger.good("check", "k.elf", HOME=str(stranger.home))
    finally:
        os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "compile  loader/core/text.c" in said and "can start k.elf" in said
    assert len(list(stranger.home.glob(".cache/longjump/*/build/check"))) == 1


def test_files_of_roots_in_build_do_not_stop_the_owner(stranger, checkout, place):
    """An older version was run with sudo."""
    own = Stranger(place / "own", stranger.folder)
    shutil.copytree(checkout, own.root, symlinks=True)
    try:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", own.root], check=True)
        (own.root / "build/obj").mkdir()
        own.good("image", HOME=str(stranger.home))
        assert len(list(stranger.home.glob(".cache/longjump/*/build/longjump.iso"))) == 1
    finally:
        shutil.rmtree(own.root)


def test_what_root_makes_is_given_to_the_owner_of_the_checkout(checkout, place, tmp_path):
    own = Project(place / "own")
    shutil.copytree(checkout, own.root, symlinks=True)
    (own.root / "Makefile").write_text(
        "build/%: FORCE\n\tmkdir -p build/obj/deep && touch build/obj/deep/object\nFORCE:\n"
    )
    victim = place / "victim"
    victim.write_text("")
    try:
        for path in (own.root, *own.root.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        os.link(victim, own.root / "build/hard")
        (own.root / "build/soft").symlink_to(victim)
        own.good("check", own.root / "build/kernel.elf")
        own.good("image", "--output", tmp_path / "x.iso")
        assert (own.root / "build/obj/deep/object").exists()
        for path in (own.root / "build").rglob("*"):
            assert path.name == "hard" or path.lstat().st_uid == NOBODY, path
        assert victim.stat().st_uid == 0 and (tmp_path / "x.iso").stat().st_uid == 0
    finally:
        shutil.rmtree(own.root)
        victim.unlink()


def test_root_puts_nothing_into_the_home_of_somebody_else(stranger):
    script = f'source {ROOT / "commands/lib/place.bash"}; find_cache'
    for home, wanted in ((stranger.home, os.path.expanduser("~root")), ("/root", "/root")):
        done = subprocess.run(
            ["bash", "-c", script], env={"HOME": str(home)}, capture_output=True, text=True
        )
        assert done.stdout == f"{wanted}/.cache\n"


def test_the_tests_need_the_users_own_checkout(stranger):
    assert "which you may not write to: test a copy" in stranger.bad("test", status=2)
