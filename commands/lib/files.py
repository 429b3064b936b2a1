"""files.py - creates, replaces and removes files without losing other people's files.

Between a check and its use, a name may come to refer to another file. So files are made under new,
private names, and are renamed in one system call; whether the file that had the name before may be
lost is decided after that, and if not, it gets its name back. Knows the system calls; knows nothing
of what the files are.
"""

import contextlib
import errno
import fcntl
import os
import re
import signal
import stat
from pathlib import Path

NO_REPLACE, EXCHANGE = 1, 2  # of renameat2, in linux/fs.h
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)  # here, or by this file system


def open_folder(path):
    """A descriptor of a folder, which refers to it even if it is renamed."""
    return os.open(path, FOLDER)


@contextlib.contextmanager
def parent_of(path, below):
    """A descriptor of a file's folder, by its path below an open one. Symbolic links on the way are
    followed if they belong to us or to root; OSError if they belong to others."""
    folder = os.dup(below)
    try:
        for name in os.path.dirname(path).split("/") if os.path.dirname(path) else ():
            folder, before = _enter(name, folder), folder
            os.close(before)
        yield folder
    finally:
        os.close(folder)


@contextlib.contextmanager
def errors_named(path):
    """Errors that are raised inside name the whole path, not only its last part."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def _enter(name, folder):
    """A descriptor of a folder in an open one."""
    try:
        return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except OSError:
        status = os.lstat(name, dir_fd=folder)
        if not stat.S_ISLNK(status.st_mode) or status.st_uid not in (0, os.geteuid()):
            raise
        return os.open(name, FOLDER, dir_fd=folder)


def create(name, folder=None):
    """A new file, open for writing bytes; if the name is there, even as a link that leads nowhere,
    FileExistsError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(name, flags, 0o666, dir_fd=folder), "wb")


def open_regular(name, folder=None):
    """An ordinary file, open for reading, and no link to one; OSError if it is anything else."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.fdopen(os.open(name, flags, dir_fd=folder), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "is not an ordinary file", name)
    return file


@contextlib.contextmanager
def workshop(folder, prefix):
    """A descriptor of a new folder in an open one, in which no other user can make or change
    anything. It is removed in the end, with everything in it; if we are killed, the next call with
    this prefix removes it."""
    _sweep(folder, prefix)
    name, inside = _claim(folder, prefix)
    try:
        yield inside
    finally:
        _empty(inside)
        os.close(inside)
        with contextlib.suppress(OSError):  # it was moved
            os.rmdir(name, dir_fd=folder)


@contextlib.contextmanager
def workshop_in(place, prefix):
    """The path of a workshop() in a folder."""
    folder = open_folder(place)
    try:
        with workshop(folder, prefix) as inside:
            yield Path(os.path.realpath(f"/proc/self/fd/{inside}"))
    finally:
        os.close(folder)


def _claim(folder, prefix):
    """A new folder that is locked for as long as its descriptor is open: name, descriptor."""
    while True:
        name = prefix + os.urandom(8).hex()
        os.mkdir(name, 0o700, dir_fd=folder)
        with contextlib.suppress(FileNotFoundError):  # taken away before it was locked
            inside = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            fcntl.flock(inside, fcntl.LOCK_EX)
            if exists(name, folder):
                return name, inside
            os.close(inside)


def _sweep(folder, prefix):
    """Removes what killed processes have left behind: folders that are not locked."""
    for name in os.listdir(folder):
        if not re.fullmatch(re.escape(prefix) + "[0-9a-f]{16}", name):
            continue
        with contextlib.suppress(OSError):
            inside = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            try:
                fcntl.flock(inside, fcntl.LOCK_EX | fcntl.LOCK_NB)
                status = os.fstat(inside)
                if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == 0o700:
                    _empty(inside)
                    os.rmdir(name, dir_fd=folder)
            finally:
                os.close(inside)


def _empty(folder):
    """Removes everything in an open folder, without following links."""
    for entry in os.listdir(folder):
        if stat.S_ISDIR(os.lstat(entry, dir_fd=folder).st_mode):
            inside = os.open(entry, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            try:
                _empty(inside)
            finally:
                os.close(inside)
            os.rmdir(entry, dir_fd=folder)
        else:
            os.unlink(entry, dir_fd=folder)


def put(temporary, workshop_folder, name, folder, may_go):
    """Gives a finished file its name in one step. A file that has the name is replaced if
    may_go(name, folder) allows it; otherwise it keeps its name, and FileExistsError is raised."""
    try:
        try:
            _rename(temporary, workshop_folder, name, folder, NO_REPLACE)
        except FileExistsError:
            with _undisturbed():
                _rename(temporary, workshop_folder, name, folder, EXCHANGE)
                if not _is_true(may_go, temporary, workshop_folder):
                    _rename(temporary, workshop_folder, name, folder, EXCHANGE)
                    raise
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        if exists(name, folder) and not _is_true(may_go, name, folder):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
        os.rename(temporary, name, src_dir_fd=workshop_folder, dst_dir_fd=folder)


def remove(name, folder, may_go):
    """Removes a file if may_go(name, folder) allows it; returns whether it did."""
    if not _is_true(may_go, name, folder):
        return False
    aside = f".{name}.{os.urandom(8).hex()}"
    with _undisturbed():
        os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
        if _is_true(may_go, aside, folder):
            os.unlink(aside, dir_fd=folder)
            return True
        put(aside, folder, name, folder, lambda *_: False)
        return False


def _is_true(may_go, name, folder):
    """The answer of may_go; false if the file cannot be read."""
    try:
        return may_go(name, folder)
    except OSError:
        return False


def exists(name, folder):
    """Whether a name is taken, even if by a broken link."""
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _undisturbed():
    """Blocks signals while another person's file may be without its name. This process has one
    thread."""
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _rename(old, old_folder, new, new_folder, flags):
    """renameat2, which Python does not have."""
    import ctypes  # only here: it takes long to load

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(old_folder, os.fsencode(old), new_folder, os.fsencode(new), flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), new)
