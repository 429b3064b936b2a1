"""`install` and `uninstall`: what is installed works without the source tree, and goes away again
without a trace."""

import os
import re
import subprocess

import pytest

import install
import uninstall
from lib.project import Stop
from projects import ROOT, Image, same

pytestmark = pytest.mark.xdist_group("install")


def tree(folder):
    """Everything in a folder: names, rights, and what is in files and links."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes(),
        )
        for path in folder.rglob("*")
    }


class Installed:
    """An installation, whose command is run in a separate environment."""

    def __init__(self, prefix, home):
        self.prefix, self.home = prefix, home
        home.mkdir(exist_ok=True)

    def run(self, *words, status=0, **environment):
        own = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("LONGJUMP", "PYTHON", "XDG")) and "DISPLAY" not in key
        }
        done = subprocess.run(
            [self.prefix / "bin/longjump", *map(str, words)], cwd=self.home, text=True,
            env={**own, "HOME": str(self.home), **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        assert done.returncode == status and "Traceback" not in done.stdout, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory, project):
    folder = tmp_path_factory.mktemp("install")
    mask = os.umask(0o077)  # a careful root; the files are for everybody nevertheless
    try:
        project.good("install", "--prefix", folder / "a prefix")
    finally:
        os.umask(mask)
    return Installed(folder / "a prefix", folder / "home")


def test_a_kernel_is_booted_without_the_source_tree(installed, kernel):
    """Nothing that is installed contains its path or needs a compiler."""
    for name, (_, content) in tree(installed.prefix).items():
        if isinstance(content, bytes):
            assert str(ROOT).encode() not in content, name
    said = installed.run("run", "--kernel", kernel("cli", "hlt"))
    assert "~/.cache" in said or ".cache/longjump/longjump.iso" in said
    assert said.endswith("the kernel has halted\n")
    assert [path.name for path in installed.home.iterdir()] == [".cache"]
    said = installed.run("run")
    assert said.endswith("the kernel has halted\n")
    assert "Your turn: longjump run --kernel FILE" in said, "the command as it is called here"


def test_what_is_made_without_a_compiler_is_the_same(installed, project, path_without, tmp_path):
    path = path_without("make", "cc", "gcc", "clang", "nasm")
    installed.run("image", "--output", tmp_path / "a.iso", PATH=path)
    project.good("image", "--output", tmp_path / "b.iso")
    one, other = (Image(tmp_path / name) for name in ("a.iso", "b.iso"))
    assert one.files() == other.files()
    for name in (path for path in one.files() if path.count("/") == 2):
        named = one.read(name).replace(b"longjump\0\0\0", b"./build.sh\0")  # the sample does
        assert same(named, other.read(name)), name


def test_it_calls_itself_by_its_name(installed):
    said = installed.run("help")
    assert "usage: longjump [COMMAND]" in said and "build.sh" not in said
    for command in re.findall(r"^    ([a-z]+)  ", said.partition("usage:")[2], re.MULTILINE):
        told = installed.run(command, "--help")
        assert command == "help" or f"usage: longjump {command}" in told
        assert command == "help" or "./build.sh" not in told
    assert installed.run("nonsense", status=2).startswith("longjump: ")
    assert {"test", "bench", "install"}.isdisjoint(re.findall(r"^    (\w+) ", said, re.MULTILINE))
    assert "K107" in installed.run("explain", "K107")
    for words in (["explain", "triple-fault", "K602", "#PF"], ["doctor"]):
        assert "build.sh" not in installed.run(*words)


def test_the_header_is_found_with_pkg_config(installed, tmp_path):
    (tmp_path / "kernel.c").write_text("#include <longjump.h>\nint version = LONGJUMP_VERSION;\n")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(installed.prefix / "share/pkgconfig")}
    script = 'eval "cc $(pkg-config --cflags longjump) -c kernel.c"; '
    script += "pkg-config --modversion longjump"
    done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, text=True, env=environment,
                          capture_output=True)  # fmt: skip
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout), done.stderr


def test_the_module_is_where_syslinux_has_its_own(installed):
    module = installed.prefix / "lib/syslinux/modules/bios/longjump.c32"
    assert same(module, ROOT / "build/longjump.c32")


def test_everybody_may_read_it(installed):
    for path in installed.prefix.rglob("*"):
        mode = path.stat().st_mode & 0o777
        assert mode in ((0o755,) if path.is_dir() else (0o644, 0o755)), path


def test_the_manual_page_and_completion_are_there(installed):
    page = installed.prefix / "share/man/man1/longjump.1"
    done = subprocess.run(["man", "--warnings=w", "-l", page], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "" and "longjump run" in done.stdout
    script = 'source "$1"; COMP_WORDS=("$2" ru); COMP_CWORD=1; _longjump; echo "${COMPREPLY[@]}"'
    completion = installed.prefix / "share/bash-completion/completions/longjump"
    done = subprocess.run(
        ["bash", "-c", script, "-", completion, installed.prefix / "bin/longjump"],
        capture_output=True, text=True, env={**os.environ, "HOME": str(installed.home)},
    )  # fmt: skip
    assert done.stdout.split() == ["run", "runner"], done.stderr


def test_clean_removes_only_what_was_made(installed):
    before = tree(installed.prefix)
    installed.run("image", XDG_CACHE_HOME=str(installed.home / "other"))
    assert (installed.home / "other/longjump/longjump.iso").exists()
    installed.run("clean", XDG_CACHE_HOME=str(installed.home / "other"))
    assert list((installed.home / "other").iterdir()) == [] and tree(installed.prefix) == before


def test_uninstall_leaves_what_it_did_not_install(project, tmp_path):
    for name in ("share/longjump-else/file", "include/stdio.h", "bin/tool"):
        (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / name).write_text(name)
    before = tree(tmp_path / "p")
    project.good("install", "--prefix", tmp_path / "p")
    once = tree(tmp_path / "p")
    project.good("install", "--prefix", tmp_path / "p")
    assert tree(tmp_path / "p").keys() == once.keys(), "a second time changes nothing"
    assert "was removed from" in project.good("uninstall", "--prefix", tmp_path / "p")
    assert tree(tmp_path / "p") == before
    assert "nothing is installed" in project.bad("uninstall", "--prefix", tmp_path / "p")


def test_it_uninstalls_itself_but_not_what_was_added(project, tmp_path):
    project.good("install", "--prefix", tmp_path / "p")
    (tmp_path / "p/share/longjump/iso/mine").write_text("mine")
    Installed(tmp_path / "p", tmp_path / "home").run("uninstall")
    left = [path for path in (tmp_path / "p").rglob("*") if path.is_file() or path.is_symlink()]
    assert left == [tmp_path / "p/share/longjump/iso/mine"]


def test_the_prefix_and_the_folders_above_it_go_away_again(tmp_path):
    for kept in (tmp_path, tmp_path / "a"):  # first, there is nothing; then the first folder
        kept.mkdir(exist_ok=True)
        install.lay_down(tmp_path / "a/b/c", {"bin/tool": b"#!/bin/sh"})
        marks = uninstall.installed(tmp_path / "a/b/c")
        assert uninstall.remove_installed(tmp_path / "a/b/c", marks) == []
        assert kept.is_dir() and not list(kept.iterdir())


def test_somebody_elses_file_is_not_overwritten(project, tmp_path):
    (tmp_path / "p/include").mkdir(parents=True)
    (tmp_path / "p/include/longjump.h").write_text("mine")
    before = tree(tmp_path / "p")
    assert "already exists" in project.bad("install", "--prefix", tmp_path / "p")
    assert tree(tmp_path / "p") == before


def test_a_file_that_was_changed_since_is_neither_overwritten_nor_removed(project, tmp_path):
    prefix = tmp_path / "p"
    project.good("install", "--prefix", prefix)
    (prefix / "include/longjump.h").write_text("mine")
    (prefix / "bin/longjump").unlink()
    (prefix / "bin/longjump").symlink_to("/bin/true")
    before = tree(prefix)
    said = project.bad("install", "--prefix", prefix)
    assert "longjump.h already exists, and install did not put it there" in said
    assert tree(prefix) == before, "nothing is taken away before all is known"
    said = project.good("uninstall", "--prefix", prefix)
    for name in ("include/longjump.h", "bin/longjump"):
        assert f"{name} has changed since it was installed, and is kept" in said
    left = [path for path in prefix.rglob("*") if path.is_file() or path.is_symlink()]
    assert sorted(left) == [prefix / "bin/longjump", prefix / "include/longjump.h"]
    assert (prefix / "include/longjump.h").read_text() == "mine"


SUM = "0" * 64


@pytest.mark.parametrize("line, told", [
    (f"{SUM} ../precious", "lists a file that cannot have been installed"),
    (f"{SUM} share/../../precious", "lists a file that cannot have been installed"),
    (f"{SUM} /etc/hostname", "lists a file that cannot have been installed"),
    ("folder /tmp", "lists a file that cannot have been installed"),
    ("include/longjump.h", "is from an older version, which must uninstall itself"),
])  # fmt: skip
def test_a_list_that_names_something_else_is_not_believed(project, tmp_path, line, told):
    (tmp_path / "p/share/longjump").mkdir(parents=True)
    (tmp_path / "p/include").mkdir()
    (tmp_path / "p/include/longjump.h").write_text("precious")
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "p/share/longjump/installed").write_text(line + "\n")
    before = tree(tmp_path)
    for command in ("uninstall", "install"):
        assert told in project.bad(command, "--prefix", tmp_path / "p")
    assert tree(tmp_path) == before


def test_a_list_that_is_a_link_is_not_followed(project, tmp_path):
    (tmp_path / "p/share/longjump").mkdir(parents=True)
    (tmp_path / "precious").write_text("")
    (tmp_path / "p/share/longjump/installed").symlink_to(tmp_path / "precious")
    for command in ("uninstall", "install"):
        assert "share/longjump/installed" in project.bad(command, "--prefix", tmp_path / "p")
    assert (tmp_path / "precious").read_text() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is led astray by others")
def test_a_link_of_another_user_on_the_way_is_not_followed(project, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "precious").mkdir()
    (tmp_path / "p/include").symlink_to(tmp_path / "precious")
    os.lchown(tmp_path / "p/include", 65534, 65534)
    assert "p/include" in project.bad("install", "--prefix", tmp_path / "p")
    assert list((tmp_path / "precious").iterdir()) == []
    project.good("uninstall", "--prefix", tmp_path / "p")
    (tmp_path / "p/include").unlink()
    (tmp_path / "p/include").symlink_to(tmp_path / "precious")  # of root's own
    project.good("install", "--prefix", tmp_path / "p")
    assert (tmp_path / "precious/longjump.h").exists()


def test_where_nothing_may_be_written_it_says_how(project):
    said = project.bad("install", "--prefix", "/proc/longjump")
    assert "; ./build.sh install --prefix ~/.local" in said


def test_an_error_below_the_prefix_names_the_prefix(monkeypatch, tmp_path):
    def lay_down(*_):
        raise PermissionError(13, "Permission denied", "longjump")

    monkeypatch.setattr(install, "lay_down", lay_down)
    with pytest.raises(Stop, match=re.escape(f"{tmp_path}: Permission denied; ")):
        install.install(install.COMMAND.read(["--prefix", str(tmp_path)]))
