"""The tutorial: what it tells the reader to write and to type, done in that order."""

import re
import subprocess

import images
import pytest

PAPER = images.ROOT / "docs/tutorial.md"
PARTS = re.compile(
    r"`(?P<name>\w+\.\w+)`[^\n]*:\n\n```\w+\n(?P<text>.*?)```"
    r"|(?P<commands>(?:^    [^\n]+\n)+)"
    r"|```text\n(?P<output>.*?)```",
    re.DOTALL | re.MULTILINE,
)


def parts(language):
    """What the tutorial has for one language, in order: (what, words)."""
    other = {"C": "Rust", "Rust": "C"}[language]
    text = re.sub(rf"^### In {other}\n.*?(?=^##)", "", PAPER.read_text(), flags=re.S | re.M)
    return [(found.lastgroup, found) for found in PARTS.finditer(text)]


def lasting(text):
    """What is printed, without what differs from one machine or version to another."""
    text = re.sub(
        r"^(pages|one of them): 0x[0-9a-f]{16}$", r"\1: N", text.replace("\r", ""), flags=re.M
    )
    return re.sub(r"\d+\.\d+\.\d+|\(\d+\.\d s\)$", "N", text, flags=re.M)


@pytest.mark.parametrize("language, steps", [("C", 4), ("Rust", 4)])
def test_every_step_works_as_it_says(language, steps, tmp_path):
    settings, said = "set -e\n", ""
    for kind, found in parts(language):
        if kind == "text":
            (tmp_path / "first-kernel" / found["name"]).write_text(found["text"])
        elif kind == "commands":
            commands = found["commands"].replace("/path/to/longjump", str(images.ROOT))
            done = subprocess.run(
                ["bash", "-c", settings + commands],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            said = done.stdout
            assert done.returncode == 0, f"{commands}\n{said}"
            if "runner" not in commands:
                settings += commands
        else:
            steps -= 1
            assert lasting(said) == lasting(found["output"]), said
    assert steps == 0
