"""answers.py - caches the answers of a slow program, as long as the files that it has read are
unchanged. Knows files; knows nothing of the questions.
"""

import json
import os
import stat
import time

from lib.project import BUILD
from lib.sha256 import sha256

FOLDER = BUILD / "answers"
MOST = 200  # answers; with more, the cache is emptied


def ask(question, answer, looked_at):
    """The answer to a question, which is a list of texts: from the cache, or else from answer(),
    which is then cached unless it is None. looked_at() returns the paths of files and folders on
    which an answer depends; of a folder, only the names in it count."""
    found = kept(question)
    if found is None:
        began = time.time_ns()
        found = answer()
        if found is not None:
            keep(question, found, looked_at(found), began)
    return found


def kept(question):
    """The answer to a question that is cached and still holds, or None."""
    found = read(place_of(question))
    if found and all(state_of(path) == state for path, state in found["states"].items()):
        return found["answer"]
    return None


def keep(question, answer, paths, began):
    """Caches an answer that depends on these paths, unless one of them has changed since the answer
    was first looked for, in nanoseconds of the clock."""
    states = {str(path): state_of(path) for path in paths}
    if all(time_in(state) < began for state in states.values()):
        write(place_of(question), {"states": states, "answer": answer})


def place_of(question):
    """The file in which an answer to a question is cached."""
    return FOLDER / sha256(repr(question).encode()).hexdigest()[:32]


def read(file):
    """The cached data, or None."""
    try:
        found = json.loads(file.read_bytes())
        return found if {*found} == {"states", "answer"} and {**found["states"]} else None
    except (OSError, ValueError, TypeError):
        return None


def write(place, contents):
    """Writes the cache, if possible."""
    import tempfile

    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        others = [*FOLDER.iterdir()]
        for other in others if len(others) >= MOST else []:
            other.unlink()
        with tempfile.NamedTemporaryFile("w", dir=FOLDER, delete=False) as file:
            json.dump(contents, file)
        os.replace(file.name, place)
    except OSError:
        pass


def state_of(path):
    """What changes when a file or folder does; None if it does not exist."""
    try:
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            return {"names": sorted(os.listdir(path))}
        return {"file": [found.st_dev, found.st_ino, found.st_size], "time": found.st_mtime_ns}
    except OSError:
        return None


def time_in(state):
    """When a file with this state was changed, in nanoseconds; 0 if that is not known."""
    return (state or {}).get("time", 0)
