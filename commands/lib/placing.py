"""placing.py - puts a file in its place when it is complete, unless a foreign file is there.

Knows what to tell the user; knows nothing of what the files are.
"""

import contextlib
import os
import stat
from pathlib import Path

from lib.files import open_folder, put, workshop
from lib.project import Stop, shown

NOT_OURS = (
    "{} was not made by Longjump, so it is not overwritten:"
    " move it away or choose another --output"
)


def resolve(output):
    """The path that a name leads to, through links, except another user's link in a folder that
    everybody may write to."""
    try:
        link, folder = os.lstat(output), os.stat(Path(output).parent)
    except OSError:
        return Path(os.path.realpath(output))  # check_output says what is wrong, if anything is
    if stat.S_ISLNK(link.st_mode) and folder.st_mode & stat.S_IWOTH \
            and link.st_uid not in (0, os.geteuid()):  # fmt: skip
        raise Stop(f"{shown(output)} is another user's symbolic link: choose another --output")
    return Path(os.path.realpath(output))


@contextlib.contextmanager
def placing(output):
    """A private folder beside `output`, and a function that gives a file in it the name of `output`
    if a file that has that name by then is ours. Stops if that or anything else fails."""
    try:
        folder = open_folder(output.parent)
    except OSError as error:
        raise Stop(f"{shown(output)} cannot be made: {error.strerror}") from None
    try:
        with workshop(folder, f".{output.name}.") as inside:
            yield inside, lambda name, is_ours: put(name, inside, output.name, folder, is_ours)
    except FileExistsError:
        raise Stop(NOT_OURS.format(shown(output))) from None
    except OSError as error:
        raise Stop(f"{shown(output)} cannot be made: {error.strerror}") from None
    finally:
        os.close(folder)
