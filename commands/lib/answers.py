"""answers.py - keeps what a slow program has answered, for as long as all that it looked at is as
it was then. Knows files; knows nothing of who was asked what.
"""

import hashlib
import json
import os
import tempfile
import time

from lib.project import BUILD

FOLDER = BUILD / "answers"
MOST = 200  # answers; beyond, all are forgotten


def ask(question, answer, looked_at):
    """The answer to a question, a list of texts: the one that is kept, or else answer(), which is
    kept unless it is None. looked_at() has the paths of files and folders that an answer depends
    on; of a folder it is the names in it."""
    kept = FOLDER / hashlib.sha256(repr(question).encode()).hexdigest()[:32]
    found = read(kept)
    if found and all(state_of(path) == state for path, state in found["states"].items()):
        return found["answer"]
    began = time.time_ns()
    found = answer()
    if found is not None:
        states = {str(path): state_of(path) for path in looked_at(found)}
        if all(time_in(state) < began for state in states.values()):  # it may have changed since
            write(kept, {"states": states, "answer": found})
    return found


def read(kept):
    """What is kept there, or None."""
    try:
        found = json.loads(kept.read_bytes())
        return found if {*found} == {"states", "answer"} and {**found["states"]} else None
    except (OSError, ValueError, TypeError):
        return None


def write(kept, contents):
    """Keeps it, if that can be."""
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        others = [*FOLDER.iterdir()]
        for other in others if len(others) >= MOST else []:
            other.unlink()
        with tempfile.NamedTemporaryFile("w", dir=FOLDER, delete=False) as file:
            json.dump(contents, file)
        os.replace(file.name, kept)
    except OSError:
        pass


def state_of(path):
    """What tells that a file or folder is as it was; None if it is not there."""
    try:
        found = os.stat(path)
        if os.path.isdir(path):
            return {"names": sorted(os.listdir(path))}
        return {"file": [found.st_dev, found.st_ino, found.st_size], "time": found.st_mtime_ns}
    except OSError:
        return None


def time_in(state):
    """When a file of this state was changed, in nanoseconds; 0 where that is nothing to go by."""
    return (state or {}).get("time", 0)
