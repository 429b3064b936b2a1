"""project.py - where the project is, how its commands speak, and how they carry out commands.

Knows nothing of any one command.
"""

import contextlib
import errno
import fcntl
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from lib.printable import guard, printable

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("LONGJUMP_BUILD") or ROOT / "build")  # build.sh says where


class Stop(Exception):
    """Ends a command with a message for the user, and a status."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


class Voice:
    """One line a step; with --verbose the commands as well."""

    verbose = False
    stream = None  # where to speak; None is stdout

    @classmethod
    def say(cls, text):
        print(text, file=cls.stream, flush=True)

    @classmethod
    def show(cls, command):
        if cls.verbose:
            cls.say("+ " + " ".join(shlex.quote(str(word)) for word in command))

    @classmethod
    def detail(cls, text):
        if cls.verbose:
            cls.say(text)


say, detail = Voice.say, Voice.detail


def run(command, **more):
    """Carries out a command without a word; if it fails, stops with what it said."""
    Voice.show(command)
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        **more,
    )
    if done.returncode != 0:
        raise Stop(f"{command[0]} failed ({done.returncode}):\n{done.stdout.rstrip()}")
    if Voice.verbose and done.stdout.strip():
        say(done.stdout.rstrip())
    return done.stdout


# What make hands to those that it calls, and what changes what compilers do.
MAKES_OWN = {"MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MAKEFILES",
             "MAKE_TERMOUT", "MAKE_TERMERR", "MAKE_RESTARTS", "V"}  # fmt: skip
COMPILERS = {"CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX",
             "GCC_COMPARE_DEBUG", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "LD_RUN_PATH",
             "CCC_OVERRIDE_OPTIONS", "LDEMULATION", "NASMENV"}  # fmt: skip
NEEDED = {"PATH", "HOME", "TMPDIR", "TERM"}  # even if a command line of make's sets them


def own_environment():
    """The environment without what is meant for other programs than ours: the flags of a make that
    called us, its jobserver and the variables of its command line; where compilers look."""
    _, _, words = os.environ.get("MAKEFLAGS", "").partition("-- ")
    named = {word.partition("=")[0].rstrip(":+?") for word in words.split() if "=" in word}
    foreign = {name for name in named if not name.startswith("LONGJUMP")} - NEEDED
    return {
        name: text
        for name, text in os.environ.items()
        if name not in MAKES_OWN | COMPILERS | foreign
    }


def tool(name, usual):
    """The words that call a tool, which the user may have named: LONGJUMP_CC for "CC"."""
    return (os.environ.get(f"LONGJUMP_{name}") or usual).split()


def need(*groups, install=True):
    """Stops unless everything these groups need is on the machine (see need.sh)."""
    command = ["bash", ROOT / "commands/lib/need.sh", *groups]
    command += [] if install else ["--no-install"]
    command += ["--verbose"] if Voice.verbose else []
    command = [str(word) for word in command]
    if (
        subprocess.run(command, stdout=Voice.stream, env=own_environment(), check=False).returncode
        != 0
    ):
        raise Stop("")


def make(*targets):
    """Compiles what has changed; one at a time, since tests make images side by side."""
    if not (ROOT / "Makefile").exists():
        fetch(targets)
        return
    command = ["make", "--no-print-directory", "-C", ROOT, f"-j{os.cpu_count() or 1}"]
    command += ["V=1"] if Voice.verbose else []
    with locked():
        Voice.show([*command, *targets])
        command = [str(word) for word in [*command, *targets]]
        done = subprocess.run(command, stdout=Voice.stream, env=own_environment(), check=False)
    if done.returncode != 0:
        raise Stop("it did not compile; the messages are above")


def fetch(targets):
    """Takes what an installed Longjump has brought along for what would be made."""
    with locked():
        for name in (target.removeprefix("build/") for target in targets):
            if (BUILD / name).resolve() != (ROOT / "built" / name).resolve():
                (BUILD / name).unlink(missing_ok=True)
                (BUILD / name).symlink_to(ROOT / "built" / name)


@contextlib.contextmanager
def locked():
    """Holds the build folder for one process at a time."""
    lock = take_lock()
    try:
        yield
    finally:
        os.close(lock)


def take_lock():
    """A descriptor that holds the lock of the build folder. A lock that `clean` has taken away
    while we waited for it holds nothing."""
    path = BUILD / ".lock"
    while True:
        BUILD.mkdir(exist_ok=True)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Stop(f"{shown(path)} is a symbolic link: remove it") from None
            raise
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(lock), os.lstat(path)):
                return lock
        except FileNotFoundError:
            pass
        os.close(lock)


def shown(path):
    """A path as the user would write it: relative where that is shorter; for messages alone."""
    path = Path(path)
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        relative = str(path)
    return printable(min(relative, str(path), key=len), kept="")


def start(command):
    """Runs a command's function on the words of the command line; ends the process."""

    def end(number, _frame):
        raise SystemExit(128 + number)

    guard()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        sys.exit(command(sys.argv[1:]))
    except Stop as stop:
        if str(stop):
            print(f"build.sh: {stop}", file=sys.stderr)
        sys.exit(stop.status)
    except KeyboardInterrupt:
        print("\nbuild.sh: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        print(f"build.sh: {error.filename or 'it failed'}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
