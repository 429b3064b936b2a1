"""The catalogue of messages, and what build/check says about a kernel."""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "build/check"


class Message:
    """An entry of the catalogue."""

    def __init__(self, number, name, summary, fix):
        self.number, self.name, self.summary, self.fix = int(number), name, summary, fix
        self.code = f"K{number}"


def catalogue():
    """All entries of diag.def."""
    entry = r'^DIAG\((\d+), (\w+),\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)'
    text = (ROOT / "loader/core/diag.def").read_text()
    return [Message(*match) for match in re.findall(entry, text, re.MULTILINE)]


def check(*words, memory=None, cwd=None):
    """What build/check says about words such as those after APPEND."""
    command = [str(CHECK), "--json", *([f"--memory={memory}"] if memory is not None else []), "--"]
    done = subprocess.run([*command, *words], capture_output=True, cwd=cwd)
    assert done.returncode in (0, 1, 2), done.stderr
    found = json.loads(done.stdout.decode("utf-8", "replace"))
    found["status"] = done.returncode
    found["refusals"] = [f["code"] for f in found["findings"] if f["severity"] == "refusal"]
    found["warnings"] = [f["code"] for f in found["findings"] if f["severity"] == "warning"]
    return found
