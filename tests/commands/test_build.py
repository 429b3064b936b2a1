"""build.sh itself: where it may be, what it does again, what it prints and installs."""

import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from projects import ROOT, copy_project

from lib import project as project_module
from lib.output import Output

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


def test_make_help_prints_all_of_each_line():
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "the sample kernel build/kernel.elf\n    make tests " in told and "V=1" in told


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "help"])
def test_each_command_refuses_what_it_does_not_know(project, command):
    assert "--nonsense" in project.bad(command, "--nonsense", status=2)


@pytest.mark.parametrize("word", ["nonsense", "../commands/run", "lib", "need", "Run", "run.py"])
def test_an_unknown_command_is_refused(project, word):
    assert "./build.sh help" in project.bad(word, status=2)


@pytest.mark.parametrize(
    "word, hint",
    [
        ("rum", "did you mean run?"),
        ("imgae", "did you mean image?"),
        ("docotr", "did you mean doctor?"),
        ("my.elf", "to boot a kernel: ./build.sh run --kernel my.elf"),
        ("target/my kernel", "./build.sh run --kernel target/my\\ kernel"),
        ("zzzzz", "there is no command zzzzz; ./build.sh help"),
        ("a\x1b[2J", r"there is no command $'a\E[2J'"),
    ],
)
def test_a_typo_gets_a_suggestion(project, word, hint):
    assert hint in project.bad(word, status=2)


@pytest.mark.parametrize("command", ["run", "image", "debug"])
def test_a_kernel_in_place_of_an_option_gets_a_hint(project, tmp_path, command):
    (tmp_path / "my kernel").write_text("")
    said = project.bad(command, "my kernel", status=2, cwd=tmp_path)
    assert said.endswith(f"to boot a kernel: ./build.sh {command} --kernel 'my kernel'\n"), said


@pytest.mark.parametrize("name", ["PYTHONHOME", "PYTHONSAFEPATH", "PYTHONPATH", "PYTHONSTARTUP"])
def test_variables_for_the_users_python_are_not_for_ours(project, name):
    assert "K107" in project.good("explain", "K107", **{name: "/nonexistent"})


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]
WITHOUT_STREAMS = {  # words -> status, and the streams that are closed
    "help": (0, CLOSED),
    "--version": (0, CLOSED),
    "nonsense": (2, CLOSED),
    "explain K107": (0, CLOSED),
    "explain nonsense": (2, CLOSED),
    "check KERNEL": (0, CLOSED),
    "check --json KERNEL": (0, CLOSED[1:2]),
    "image --output OUT/x.iso --module MODULE --kernel KERNEL": (0, CLOSED),
    "wrap --output OUT/wrapped KERNEL": (0, CLOSED[2:]),
    "rom --output OUT/rom KERNEL": (0, CLOSED[2:]),
    "new OUT/new": (0, CLOSED),
    "usb": (0, CLOSED),
    "usb sdx --kernel KERNEL": (1, CLOSED),
    "install --prefix OUT/prefix": (0, CLOSED[2:]),
    "uninstall --prefix OUT/prefix": (1, CLOSED[2:]),
    "runner": (2, CLOSED),
    "runner --print-config KERNEL": (0, CLOSED),
    "runner --test KERNEL": (0, CLOSED[::3]),
    "run --direct --kernel KERNEL": (0, CLOSED[3:]),
    "debug --trace --log OUT/log --output OUT/x.iso --kernel KERNEL": (0, CLOSED[2:3]),
    "doctor": (0, CLOSED[3:]),
    "manual": (0, CLOSED[1:2]),
    "serve": (0, CLOSED[3:]),
    "vbox nonsense": (2, CLOSED),
    "test unit nonsense": (2, CLOSED),
    "bench nonsense": (2, CLOSED[1:]),
}


@pytest.mark.parametrize("words", WITHOUT_STREAMS)
def test_standard_streams_may_be_closed(project, tmp_path, kernel, words):
    """No file that is opened may become one of them, not even by bash."""
    program = kernel("mov al, 16", "out 0xf4, al", "cli", "hlt")
    (tmp_path / "module").write_bytes(b"module")
    status, closed = WITHOUT_STREAMS[words]
    for streams in closed:
        out = tmp_path / f"out{closed.index(streams)}"
        out.mkdir()
        names = {"KERNEL": str(program), "MODULE": str(tmp_path / "module"), "OUT": str(out)}
        given = re.sub("KERNEL|MODULE|OUT", lambda name: names[name[0]], words).split()
        script = f'"$0" --no-install "$@" {streams}'
        command = ["bash", "-c", script, project.root / "build.sh", *given]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == status, (streams, done)
        assert "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    "words, status",
    [("explain K107", 1), ("check --json KERNEL", 2),
     ("runner --print-config KERNEL", 2), ("runner --test KERNEL --list", 2)],
)  # fmt: skip
def test_what_cannot_be_written_is_reported_and_has_a_status(project, words, status):
    """The interpreter's own status would be 120, and 1 means that a test has failed."""
    given = words.replace("KERNEL", "build/kernel.elf").split()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            ["./build.sh", *given], cwd=project.root, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == status and "cannot be written" in done.stderr, done
    assert "Exception" not in done.stderr and "Traceback" not in done.stderr, done


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_the_checker_cannot_write_is_reported(project, words):
    with open("/dev/full", "w") as full:
        command = [project.root / "build/check", *words, "--", project.root / "build/kernel.elf"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and "cannot be written: No space left" in done.stderr, done


def test_a_kernels_output_that_cannot_be_written_is_reported(project, kernel):
    """QEMU drops them silently."""
    program = kernel("mov dx, 0x3f8", "mov al, 10", "out dx, al", "mov al, 16", "out 0xf4, al")
    with open("/dev/full", "w") as full:
        command = [project.root / "build.sh", "runner", "--test", program]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and "COM1 cannot be written" in done.stderr, done


@pytest.mark.parametrize("size, told", [(5, ""), (6, "No space left on device")])
def test_what_is_missing_in_a_file_is_noticed(tmp_path, size, told):
    kept = os.dup(1)
    try:
        with open(tmp_path / "said", "wb", 0) as said:
            said.write(b"before")
            os.dup2(said.fileno(), 1)
        output = Output()
        os.write(1, b"hello")
        assert output.obstacle(size) == told
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def test_a_verdict_that_cannot_be_written_does_not_count(project, kernel):
    program = kernel("mov al, 16", "out 0xf4, al", "cli", "hlt")
    with open("/dev/full", "w") as full:
        command = [project.root / "build.sh", "runner", "--quiet", "--test", program]
        assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=full).returncode == 2


@pytest.mark.skipif(bool(shutil.which("VBoxManage")), reason="VirtualBox is there")
def test_a_program_that_may_not_be_executed_is_reported_as_missing(project, tmp_path):
    """Like a program in a folder of PATH that this user may not enter."""
    (tmp_path / "VBoxManage").write_text("#!/bin/sh\n")
    said = project.bad("vbox", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert "there is no VBoxManage" in said


def test_it_is_found_through_a_link(project, tmp_path):
    (tmp_path / "lj").symlink_to(project.root / "build.sh")
    done = subprocess.run([tmp_path / "lj", "help"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and "usage:" in done.stdout


def test_programs_are_found_from_everywhere_if_they_are_from_here(project, tmp_path):
    """A PATH may have folders in it that are relative to the caller's."""
    (tmp_path / "bin").symlink_to("/usr/bin")
    output, kernel = tmp_path / "x.iso", project.root / "build/kernel.elf"
    words = ["image", "--output", output, "--bios-only", "--kernel", kernel]
    assert "is ready" in project.good(*words, PATH="bin:../../../sbin", cwd=tmp_path)


def test_functions_of_the_callers_shell_are_not_ours(project, tmp_path):
    hostile = {f"BASH_FUNC_{name}%%": "() { echo mine; }" for name in ("cd", "command", "has")}
    said = project.good("image", "--output", tmp_path / "x.iso", **hostile)
    assert "is ready" in said and "mine" not in said


def test_a_missing_compiler_is_reported_by_its_name(project):
    for words, status in (["check", project.root / "build/kernel.elf"], 2), (["doctor"], 1):
        said = project.bad(*words, status=status, LONGJUMP_CC="no-such-cc -O2")
        assert "LONGJUMP_CC: there is no program no-such-cc" in said, said


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
def test_the_compiler_is_not_asked_again_what_it_knows(copy, tmp_path):
    compiler, asked, path = tmp_path / "cc", tmp_path / "asked", os.environ["PATH"]
    compiler.write_text(f'#!/bin/sh\necho "$*" >>"{asked}"\nPATH="{path}" exec cc "$@"\n')
    compiler.chmod(0o755)
    copy.good(PATH=f"{tmp_path}:{path}")
    assert asked.read_text().split("\n") == ["--version", ""]


@pytest.mark.xdist_group("copy")
def test_a_changed_isolinux_cfg_makes_the_image_again(copy):
    config = copy.root / "isolinux.cfg"
    text = config.read_text()
    try:
        config.write_text(text + "# more\n")
        told = copy.good()
        assert "compile" not in told and "is ready" in told
    finally:
        config.write_text(text)
        copy.good()


def test_another_compiler_compiles_everything_again(tmp_path):
    copy = copy_project(tmp_path / "copy", built=True)
    told = copy.good("image", LONGJUMP_CC="clang")
    assert "loader/core/elf/read.c" in told and "is ready" in told
    said = copy.good("run", LONGJUMP_CC="clang").splitlines()
    assert any(line.endswith("longjump.iso is up to date") for line in said), said
    assert said[-1] == "the kernel has halted"
    back = ["make", "-C", copy.root, "build/obj/com32/loader/core/elf/read.c.o"]
    assert b"compile" in subprocess.run(back, stdout=subprocess.PIPE, check=True).stdout


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


def test_a_lock_that_was_removed_holds_nothing(tmp_path, monkeypatch):
    """As `clean` does while another build waits for its end."""
    monkeypatch.setattr(project_module, "BUILD", tmp_path / "build")
    first = project_module.take_lock()
    gotten = []
    waiting = threading.Thread(target=lambda: gotten.append(project_module.take_lock()))
    waiting.start()
    time.sleep(0.2)  # it waits for the lock that is removed
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
    line = next(line for line in told.splitlines() if "apt-get install" in line)
    assert PACKAGES[tools] in line.split()
    assert not (tmp_path / "x.iso").exists()


def test_a_missing_python_names_its_package(tmp_path):
    script = 'source "$1"; find_python() { return 1; }; need_install=no; need python'
    done = subprocess.run(["bash", "-c", script, "-", NEED], capture_output=True, text=True)
    assert done.returncode == 1 and "apt-get install" in done.stderr
    assert "python3" in done.stderr


SYSTEMS = {
    "ID=ubuntu\nID_LIKE=debian": "apt-get install --no-install-recommends make gcc binutils",
    "ID=fedora": "dnf install make gcc binutils nasm xorriso syslinux syslinux-nonlinux",
    "ID=arch": "pacman -S --needed make gcc binutils nasm libisoburn syslinux",
    "ID=manjaro\nID_LIKE=arch": "pacman -S --needed make",
    'ID=rocky\nID_LIKE="rhel centos fedora"': "dnf install make",
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_has_its_own_packages(tmp_path, system):
    (tmp_path / "os-release").write_text(system + "\n")
    script = (
        'source "$1"; has() { return 1; }; find_syslinux() { return 1; };'
        "need_system=$2; as_root() { echo $*; }; need_lists=/var; compgen() { :; };"
        "look build image; install_command"
    )
    done = subprocess.run(
        ["bash", "-c", script, "-", NEED, tmp_path / "os-release"], capture_output=True, text=True
    )
    assert done.stdout.startswith(SYSTEMS[system]), done.stdout + done.stderr


@pytest.mark.parametrize("place", ["/usr/share/syslinux", "/usr/lib/syslinux/bios"])
def test_syslinux_is_looked_for_where_others_keep_it(place):
    assert place in NEED.read_text()


@pytest.mark.parametrize(
    "user, tools, lists, expected",
    [
        (0, "sudo", True, "apt-get install"),
        (0, "", False, "apt-get update && apt-get install"),
        (1000, "sudo", True, "sudo apt-get install"),
        (1000, "sudo", False, "sudo apt-get update && sudo apt-get install"),
        (1000, "", True, "su - -c 'apt-get install"),
        (1000, "", False, "su - -c 'apt-get update && apt-get install"),
    ],
)
def test_what_to_type_depends_on_the_user(tmp_path, user, tools, lists, expected):
    """Root does not need sudo, not everybody has it, and a bare machine has no lists of
    packages."""
    (tmp_path / "os-release").write_text("ID=debian\n")
    if lists:
        (tmp_path / "deb.debian.org_main_Packages.lz4").write_text("")
    script = (
        f'source "$1"; has() {{ [[ $1 == "{tools}" ]]; }}; user_id() {{ echo {user}; }};'
        'need_system="$2/os-release" need_lists=$2; debian=(nasm); install_command'
    )
    done = subprocess.run(
        ["bash", "-c", script, "-", NEED, tmp_path], capture_output=True, text=True
    )
    assert done.stdout.startswith(expected) and "nasm" in done.stdout, done.stdout + done.stderr


class Apt:
    """A stand-in for apt-get, which records what it was asked for, and does what the test says."""

    def __init__(self, folder, body):
        self.folder, self.log = folder, folder / "log"
        self.log.write_text("")
        (folder / "apt-get").write_text(
            f'#!/bin/bash\ncd {folder}\necho "$DEBIAN_FRONTEND $*" >>log\n{body}\n'
        )
        (folder / "apt-get").chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}

    def command(self):
        """Needs nasm, which is missing until the stand-in makes a file of that name."""
        script = (
            'source "$1"; tools=$2; user_id() { echo 0; };'
            " has() { case $1 in nasm) [[ -e $tools/nasm ]] ;;"
            ' *) command -v "$1" >/dev/null ;; esac; }; need build'
        )
        return ["bash", "-c", script, "-", str(NEED), str(self.folder)]

    def run(self):
        return subprocess.run(
            self.command(), env=self.environment, capture_output=True, text=True, timeout=60
        )

    def asked(self, word):
        return [line for line in self.log.read_text().splitlines() if word in line.split()]


def test_what_is_missing_is_installed_where_that_is_allowed(tmp_path):
    """The first try finds no lists."""
    apt = Apt(tmp_path, """case $* in
        update*) touch lists ;;
        *--simulate*) [[ -e lists ]] ;;
        *--download-only*) [[ -e lists ]] && touch fetched ;;
        *) [[ -e fetched ]] && touch nasm ;;
        esac""")  # fmt: skip
    done = apt.run()
    assert done.returncode == 0, done.stderr
    last = apt.log.read_text().splitlines()[-1]
    assert last.startswith("noninteractive install -y") and last.endswith(" nasm")
    assert len(apt.asked("update")) == 1
    assert done.stdout.splitlines() == ["installing: nasm", "fetching the lists of packages"]


UNREACHABLE = """\
Err:1 http://deb.debian.org/debian bookworm InRelease
  Temporary failure resolving 'deb.debian.org'
""" + "".join(
    f"E: Failed to fetch http://deb.debian.org/{number}  {why}\n"
    for number in range(42)
    for why in ["Temporary failure resolving 'deb.debian.org'"]
)
INTERRUPTED = (
    "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."
)
TROUBLES = {
    "no network": (
        UNREACHABLE,
        "there is no way to the network (Temporary failure resolving 'deb.debian.org')",
    ),
    "no proxy": (
        "E: Failed to fetch http://x/y  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect"
        " (111: Connection refused)",
        "there is no way to the network (Could not connect to 127.0.0.1:1)",
    ),
    "interrupted before": (INTERRUPTED, "\n    dpkg --configure -a\n"),
    "locked": (
        "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)",
        "another program is installing packages",
    ),
    "full": ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk is full"),
    "full while unpacking": (
        "dpkg: error processing archive /var/cache/apt/archives/nasm_2.16.deb (--unpack):\n cannot"
        " copy extracted data for './usr/bin/nasm': failed to write (No space left on device)\n"
        "E: Sub-process /usr/bin/dpkg returned an error code (1)",
        "the disk is full",
    ),
    "over a quota": ("E: Write error - write (122: Disk quota exceeded)", "the disk is full"),
    "read-only": (
        "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (30: Read-only file system)"
        "\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/x), are you root?",
        "the file system is read-only",
    ),
    "root without rights": (
        "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)",
        "root lacks the rights here",
    ),
    "setgroups": (
        "E: setgroups 65534 failed - setgroups (1: Operation not permitted)",
        "root lacks the rights here",
    ),
    "locked lists": (
        "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (u)",
        "another program is installing packages",
    ),
    "locked late": (
        "dpkg: error: dpkg frontend lock was locked by another process with pid 812",
        "another program is installing packages",
    ),
    "broken": (
        "nasm : Depends: libc6\nE: Unmet dependencies. Try 'apt --fix-broken install' with no",
        "\n    apt-get --fix-broken install\n",
    ),
    "clock": (
        "E: Release file for http://deb.debian.org/debian/dists/bookworm/InRelease is not valid yet"
        " (invalid for another 312d 3h 12min 1s). Updates for this repository will not be applied.",
        "is not valid yet; is the clock right? It is 20",
    ),
    "old lists": (
        "E: Release file for http://x/InRelease is expired (invalid since 3d 1h). Updates for this"
        " repository will not be applied.",
        "is expired; is the clock right? It is 20",
    ),
    "certificate": (
        "Err:1 https://x bookworm InRelease\n  Certificate verification failed: The certificate is"
        " NOT trusted. The certificate issuer is unknown.  Could not handshake",
        "install ca-certificates",
    ),
    "certificate of tomorrow": (
        "  Certificate verification failed: The certificate is NOT trusted. The certificate chain"
        " uses not yet valid certificate.\n  The certificate is not yet valid.",
        "is the clock right? It is 20",
    ),
    "proxy": (
        "Err:1 http://deb.debian.org/debian bookworm InRelease\n"
        "  407  Proxy Authentication Required [IP: 10.0.0.1 3128]",
        "a proxy or the server refuses (407  Proxy Authentication Required",
    ),
    "proxy of https": (
        "  Received HTTP code 407 from proxy after CONNECT", "refuses (HTTP code 407 from proxy)"
    ),
    "forbidden": ("E: Failed to fetch http://x/y  403  Forbidden [IP: 1.2.3.4 80]", "403"),
    "timeout": (
        "E: Failed to fetch http://x/y  Connection timed out [IP: 1.2.3.4 80]",
        "no way to the network (Connection timed out)",
    ),
    "no key": (
        "W: GPG error: http://x bookworm InRelease: The following signatures couldn't be verified"
        " because the public key is not available: NO_PUBKEY 0E98404D386FA1D9",
        "the key of a repository is missing (NO_PUBKEY 0E98404D386FA1D9)",
    ),
    "a release that is gone": (
        "E: The repository 'http://x/debian buster Release' does not have a Release file.",
        "not there any more (The repository 'http://x/debian buster Release'",
    ),
    "a package that is gone": (
        "E: Failed to fetch http://x/nasm_2.15.deb  404  Not Found [IP: 1.2.3.4 80]",
        "404  Not Found",
    ),
    "damaged": ("E: Failed to fetch http://x/y  Hash Sum mismatch", "try again later"),
    "not in the lists": (
        "E: Unable to locate package nasm",
        "Unable to locate package nasm: no repository in /etc/apt has it",
    ),
    "no candidate": (
        "E: Package 'nasm' has no installation candidate",
        "'nasm' has no installation candidate: no repository",
    ),
    "anything": ("E: The list of sources could not be read.", "E: The list of sources"),
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES)
def test_why_packages_cannot_be_installed_is_said_in_one_sentence(tmp_path, trouble):
    words, told = TROUBLES[trouble]
    (tmp_path / "words").write_text(words + "\n")
    done = Apt(tmp_path, "cat words; exit 100").run()
    assert done.returncode == 1 and told in done.stderr
    assert "missing: nasm" in done.stderr and "apt-get install" in done.stderr
    if trouble != "anything":
        assert "E:" not in done.stderr and len(done.stderr.splitlines()) < 10


def test_an_old_apt_that_cannot_fetch_lists_but_ends_well_is_understood(tmp_path):
    (tmp_path / "words").write_text(UNREACHABLE.replace("E:", "W:"))
    done = Apt(tmp_path, """case $* in
        update*) cat words ;;
        *) echo "E: Unable to locate package nasm"; exit 100 ;;
        esac""").run()  # fmt: skip
    assert "no way to the network" in done.stderr and "repository" not in done.stderr


def test_what_was_overcome_while_fetching_is_not_the_reason(tmp_path):
    done = Apt(tmp_path, """case $* in
        *--simulate*) ;;
        *--download-only*) echo "Ign:1 http://x Connection timed out" ;;
        *) echo "dpkg: error processing package nasm (--configure)"; exit 100 ;;
        esac""").run()  # fmt: skip
    assert "error processing package nasm" in done.stderr and "network" not in done.stderr


def interrupt_installation(apt, phase, number):
    """Sends a signal to all as a terminal does, when the stand-in has come to that phase; returns
    the status and what was said."""
    with subprocess.Popen(
        apt.command(), env=apt.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    ) as running:  # fmt: skip
        deadline = time.monotonic() + 30
        while not (apt.folder / phase).exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        began = time.monotonic()
        os.killpg(running.pid, number)
        said = running.communicate(timeout=60)[0]
    return running.returncode, said, time.monotonic() - began


PHASES = """case $* in
    *--download-only*) touch fetching; {0} ;;
    *--simulate*) ;;
    *) touch installing; sleep 2; touch nasm ;;
    esac"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_while_packages_are_fetched_ends_it_at_once(tmp_path, number):
    apt = Apt(tmp_path, PHASES.format("exec sleep 30"))
    status, said, seconds = interrupt_installation(apt, "fetching", number)
    assert status == 130 and "stopped; no package is half installed" in said
    assert seconds < 15 and not (tmp_path / "installing").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_while_dpkg_works_waits_for_it(tmp_path, number):
    apt = Apt(tmp_path, PHASES.format(":"))
    status, said, _ = interrupt_installation(apt, "installing", number)
    assert status == 130 and "stopping as soon as dpkg has finished" in said
    assert (tmp_path / "nasm").exists(), "it came to its end"


def test_a_command_that_waits_for_an_installation_gets_ctrl_c_and_waits(tmp_path):
    """A command in Python, whose child the installation is."""
    program = tmp_path / "child"
    program.write_text(
        f"#!/bin/bash\ntrap 'sleep 1; touch {tmp_path}/end; exit 130' INT\n"
        f"touch {tmp_path}/ready\nwhile :; do sleep 0.1; done\n"
    )
    program.chmod(0o755)
    script = (
        "from lib import project; project.wait_for_ = project.wait_for;"
        f"project.wait_for = lambda _: project.wait_for_(['{program}']);"
        "project.start(lambda _: project.need('build'))"
    )
    with subprocess.Popen(
        ["/usr/bin/python3", "-c", script], cwd=ROOT / "commands", stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as running:  # fmt: skip
        deadline = time.monotonic() + 60
        while not (tmp_path / "ready").exists():
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        said = running.communicate(timeout=60)[1]
    assert (tmp_path / "end").exists() and running.returncode == 130
    assert said.endswith("build.sh: interrupted\n")


@pytest.mark.parametrize(
    "words", [["doctor"], ["explain", "K107"], ["help"], ["run", "--help"], ["check", "-h"]]
)
def test_what_only_prints_something_installs_nothing(tmp_path, words):
    """Not even Python, without which most of it cannot be printed."""
    fresh = copy_project(tmp_path / "fresh")
    apt = Apt(tmp_path, "exit 1")
    need = fresh.root / "commands/lib/need.sh"
    text = need.read_text().replace("find_python() {", "find_python() {\n\treturn 1", 1)
    need.write_text(text)
    done = subprocess.run(
        [fresh.root / "build.sh", *words], env=apt.environment, capture_output=True, text=True
    )
    assert apt.log.read_text() == ""
    if words != ["help"]:
        assert done.returncode == 2 and "missing: python3" in done.stderr
        runner = [fresh.root / "build.sh", "--no-install", "runner", "--test", "k.elf"]
        assert subprocess.run(runner, env=apt.environment, capture_output=True).returncode == 2


def test_ci_runs_the_tests():
    script = (ROOT / ".ci/run").read_text()
    assert "./build.sh test" in script and "set -euo pipefail" in script
    assert os.access(ROOT / ".ci/run", os.X_OK) and os.access(ROOT / "build.sh", os.X_OK)
    assert pathlib.Path(ROOT / "LICENSE").read_text().startswith("MIT License")


def test_a_test_that_is_not_there_is_reported_before_anything_is_installed_or_built():
    for name in ("zz" * 4, f"tests/boot/{'zz' * 4}.py"):
        done = subprocess.run(
            [ROOT / "build.sh", "--no-install", "test", name],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        said = f"build.sh: no test is called {name}\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_tests_are_named_as_they_run_after_a_line_on_time_and_space(tmp_path):
    """Of this project, whose tests are compiled already; build/tests/results.xml is for the run
    of which this test is part."""
    results = f"--junitxml={tmp_path}/results.xml"
    done = subprocess.run(
        [ROOT / "build.sh", "--no-install", "test", "unit64", "--", "-k", "sha256", results],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    first = next(line for line in lines if line.startswith("  test     "))
    assert re.search(
        r"unit64; all tests take about \d+ minutes on \d+ CPUs?, and up to 2 GB", first
    )
    names = [line for line in lines if " PASSED tests/unit/" in line and "sha256" in line]
    assert names and lines.index(first) < lines.index(names[0]), done.stdout + done.stderr
    assert lines[-1] == f"{len(names)} passed, 0 failed"
