"""tree.py - finds all files below a folder, and follows links. Knows nothing of their purpose."""

import os
from collections import deque
from pathlib import Path


def files_below(top):
    """Every file below a folder: path from there -> path; and a remark on everything that is left
    out. Each folder is entered once, even if links lead to it: by its own name, if that is below
    the folder. Raises OSError if a folder cannot be read."""
    files, remarks, seen = {}, [], {}
    own, linked = deque([""]), deque()
    while own or linked:
        folder = own.popleft() if own else linked.popleft()
        status = os.stat(Path(top, folder))
        first = seen.setdefault((status.st_dev, status.st_ino), folder)
        if first != folder:
            remarks.append(f"{folder} leads to {first or 'the folder itself'}, which is there once")
            continue
        for name in sorted(os.listdir(Path(top, folder))):
            name = os.path.join(folder, name)
            path = Path(top, name)
            if path.is_dir():
                (linked if path.is_symlink() else own).append(name)
            elif path.is_file():
                files[name] = path
            else:
                remarks.append(f"{name} is left out: it is not a file, or is a broken link")
    return files, remarks
