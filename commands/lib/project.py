"""project.py - where the project is, how its commands print, and how they run programs.

Knows nothing of any one command.
"""

import contextlib
import errno
import fcntl
import os
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path

from lib.printable import UNSAID, guard, printable

ROOT = Path(__file__).resolve().parent.parent.parent
INSTALLED = ROOT.parent.parent / "lib/longjump"  # the compiled files of an installed Longjump
BUILD = Path(os.environ.get("LONGJUMP_BUILD") or ROOT / "build")  # set by build.sh
# The groups of need.sh that build.sh has found to be there, for this process and not for those that
# it starts.
THERE = {*os.environ.pop("LONGJUMP_THERE", "").split()}


class Stop(Exception):
    """Ends a command with a message for the user, and a status."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


class Voice:
    """Prints one line for each step; with --verbose, the commands as well."""

    verbose = False
    stream = None  # where to print; None is stdout

    @classmethod
    def write_to(cls, stream):
        cls.stream = stream

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
    """Runs a program silently; if it fails, stops with its output."""
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


# What make passes to its children, and what changes the behaviour of compilers.
MAKES_OWN = {"MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MAKEFILES",
             "MAKE_TERMOUT", "MAKE_TERMERR", "MAKE_RESTARTS", "V"}  # fmt: skip
COMPILERS = {"CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX",
             "GCC_COMPARE_DEBUG", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "LD_RUN_PATH",
             "CCC_OVERRIDE_OPTIONS", "LDEMULATION", "NASMENV"}  # fmt: skip
NEEDED = {"PATH", "HOME", "TMPDIR", "TERM"}  # even if make's command line sets them


def own_environment():
    """The environment without what is meant for other programs: flags, jobserver and command line
    variables of a make that called us, and the search paths of compilers."""
    _, _, words = os.environ.get("MAKEFLAGS", "").partition("-- ")
    named = {word.partition("=")[0].rstrip(":+?") for word in words.split() if "=" in word}
    foreign = {name for name in named if not name.startswith("LONGJUMP")} - NEEDED
    return {
        name: text
        for name, text in os.environ.items()
        if name not in MAKES_OWN | COMPILERS | foreign
    }


def tool(name, usual):
    """The command line that calls a tool; the user may set it: LONGJUMP_CC for "CC"."""
    return (os.environ.get(f"LONGJUMP_{name}") or usual).split()


def need(*groups, install=True):
    """Stops unless everything these groups need is on the machine (see need.sh)."""
    missing = {*groups} - THERE
    if not missing:
        return
    command = ["bash", ROOT / "commands/lib/need.sh", *sorted(missing)]
    command += [] if install else ["--no-install"]
    command += ["--verbose"] if Voice.verbose else []
    status = wait_for([str(word) for word in command])
    if status in (130, -signal.SIGINT):
        raise KeyboardInterrupt
    if status < 0:
        raise SystemExit(128 - status)
    if status != 0:
        raise Stop("")


def wait_for(command):
    """Runs a command; returns its status. Signals that ask us to end are passed on to it, and we
    wait until it has ended."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in signals}
    with subprocess.Popen(command, stdout=Voice.stream, env=own_environment()) as child:
        try:
            for number in signals:
                if before[number] is not signal.SIG_IGN:
                    signal.signal(number, lambda number, _: child.send_signal(number))
            return child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def elsewhere(name):
    """Where a file of build/ that others have built is."""
    return (ROOT / "build" if (ROOT / "Makefile").exists() else INSTALLED) / name


def made(name):
    """Where a file of build/ is, whoever has built it."""
    return BUILD / name if os.path.lexists(BUILD / name) else elsewhere(name)


def can_write(folder):
    return os.access(folder, os.W_OK | os.X_OK)


@contextlib.contextmanager
def locked():
    """Holds the build folder for one process at a time."""
    lock = take_lock()
    try:
        yield
    finally:
        os.close(lock)


def make_build_folder():
    """Makes sure that BUILD exists and is writable."""
    with contextlib.suppress(OSError):
        BUILD.mkdir(exist_ok=True)
    if not can_write(BUILD):
        raise Stop(
            f"nothing can be written into {shown(BUILD)}, nor where this user's caches are:"
            " set XDG_CACHE_HOME to a folder that you can write to"
        )


def take_lock():
    """A descriptor that holds the lock of the build folder. If `clean` has removed the lock file
    while we waited, takes the lock on the new one."""
    path = BUILD / ".lock"
    while True:
        make_build_folder()
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
    """A path as the user would write it: relative if that is shorter; for messages only."""
    path = Path(path)
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):
        relative = str(path)
    return printable(min(relative, str(path), key=len), kept="")


def program():
    """What the user types to call us: our path, unless we are right here, or installed."""
    if not (ROOT / "Makefile").exists() or os.path.realpath(".") == str(ROOT):
        return "./build.sh"
    return shlex.quote(str(ROOT / "build.sh"))


def start(command, failure=1):
    """Runs a command's function on the command line; ends the process, with the status `failure` if
    the command could not do its work."""

    def end(number, _frame):
        raise SystemExit(128 + number)

    guard()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        status = carry_through(command, failure)
    finally:
        give_back()
    os._exit(when_written(status, failure))  # Python would take every module apart first


def carry_through(command, failure):
    """Runs a command's function; returns its status. Prints what it could not do."""
    try:
        return command(sys.argv[1:]) or 0
    except Stop as stop:
        if str(stop):
            complain(f"build.sh: {stop}")
        return failure if stop.status is None else stop.status
    except KeyboardInterrupt:
        complain("\nbuild.sh: interrupted")
        return 130
    except BrokenPipeError:
        return failure
    except OSError as error:
        complain(f"build.sh: {error.filename or nameless(error)}: {error.strerror}")
        return failure
    except Exception:
        import traceback

        traceback.print_exc()
        return failure


def complain(text):
    """Prints what is wrong on standard error, if that is possible."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def when_written(status, failure):
    """Flushes the output; returns the status, or `failure` if the output cannot be written."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            if not status and not isinstance(error, BrokenPipeError):
                complain(f"build.sh: {UNSAID}: {error.strerror}")
            status = status or failure
    return status


def nameless(error):
    """Words for what failed with an open file whose name is no longer known."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    place = os.environ.get("TMPDIR", "/tmp")
    return f"writing into {shown(BUILD)} or {place}" if is_full else "it failed"


def give_back():
    """Gives what root has made in build/ to the owner of the checkout, who could not replace it
    otherwise."""
    if os.geteuid() != 0 or BUILD != ROOT / "build" or BUILD.is_symlink():
        return
    owner = ROOT.stat()
    if owner.st_uid == 0 or not BUILD.is_dir():
        return
    for _, folders, files, inside in os.fwalk(BUILD):
        give([*folders, *files, "."], inside, owner)


def give(names, folder, owner):
    """Gives root's files in an open folder to the owner; not those with further hard links, which
    may be anywhere."""
    for name in names:
        with contextlib.suppress(OSError):
            found = os.lstat(name, dir_fd=folder)
            if found.st_uid == 0 and (found.st_nlink == 1 or not stat.S_ISREG(found.st_mode)):
                os.chown(name, owner.st_uid, owner.st_gid, dir_fd=folder, follow_symlinks=False)
