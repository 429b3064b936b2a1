"""The manual page and the completion of words in bash: both know every command and every option."""

import os
import re
import shlex
import subprocess

import pytest

from projects import ROOT

COMMANDS = sorted(
    path.stem for path in (ROOT / "commands").glob("*.*") if path.suffix in (".sh", ".py")
)
PAGE = ROOT / "docs/longjump.1"


def options_of(project, command):
    """The options that --help names."""
    said = project.good(command, "--help").partition("\noptions:")[2]
    return set(re.findall(r"^    (?:-[a-z], )?(--[a-z0-9-]+)", said, re.MULTILINE))


def section_of(command):
    """The part of the page on a command, as it is read."""
    text = PAGE.read_text().split(f".SS {command}\n")[1]
    return re.split(r"^\.S[SH] ", text, flags=re.MULTILINE)[0].replace("\\-", "-")


def test_the_page_is_what_the_commands_say(project, tmp_path):
    project.good("manual", "--write", "--output", tmp_path / "page")
    written = (tmp_path / "page").read_text()
    assert written == PAGE.read_text(), "rewrite it: ./build.sh manual --write"


def test_only_a_page_of_ours_is_written_over(project, tmp_path):
    page = tmp_path / "page"
    page.write_text("precious")
    said = project.bad("manual", "--write", "--output", page)
    assert "is not a manual page of Longjump" in said and page.read_text() == "precious"
    page.write_text('.\\" longjump.1 - made by another version\n')
    project.good("manual", "--write", "--output", page)
    assert page.read_text() == PAGE.read_text() and list(tmp_path.iterdir()) == [page]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_has_every_option_and_no_other(project, command):
    section = section_of(command)
    known = options_of(project, command)
    assert set(re.findall(r"^\.B (?:-[a-z], )?(--[a-z0-9-]+)", section, re.MULTILINE)) == known
    if command != "help":
        assert f"./build.sh {command}" in section and "Examples:" in section


def test_the_page_has_the_options_of_the_loader():
    table = (ROOT / "loader/core/options.def").read_text()
    section = PAGE.read_text().split(".SH LOADER OPTIONS\n")[1].split(".SH ")[0]
    named = re.findall(
        r"-([a-z0-9-]+)", " ".join(re.findall(r"(?m)^\.B (.*)", section.replace("\\-", "-")))
    )
    assert set(re.findall(r'(?m)^OPTION\("([\w-]+)"', table)) <= set(named)


def test_man_shows_it_without_a_warning(project):
    command = ["man", "--warnings=w", "-l", PAGE]
    done = subprocess.run(command, capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})  # fmt: skip
    assert done.returncode == 0 and done.stderr == ""
    plain = re.sub(".\b", "", done.stdout)
    assert "COMMANDS" in plain and re.search(r"--test-timeout SECONDS", plain)
    assert "LONGJUMP(1)" in project.good("manual")


def complete(project, *words, program=None, cwd="/"):
    """What bash offers for the last of these words."""
    program = program or str(project.root / "build.sh")
    line = " ".join(shlex.quote(word) for word in (program, *words))
    script = (
        f"source {shlex.quote(str(project.root))}/commands/lib/completion.bash; "
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; "
        '_longjump; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-euc", script], cwd=cwd, capture_output=True, text=True)
    assert done.stderr == "" and done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_commands_are_completed(project, tmp_path):
    assert complete(project, "") == complete(project, "help", "") == set(COMMANDS)
    assert complete(project, "ru") == {"run", "runner"}
    assert complete(project, "--verbose", "ru") == {"run", "runner"}
    assert complete(project, "ru", program="./build.sh", cwd=project.root) == {"run", "runner"}
    (tmp_path / "longjump").symlink_to(project.root / "build.sh")
    assert complete(project, "ru", program=f"{tmp_path}/longjump") == {"run", "runner"}


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "help"])
def test_options_are_completed(project, command):
    assert complete(project, command, "--") == options_of(project, command)


def test_values_are_completed(project):
    assert "--kernel" in complete(project, "--k")
    assert complete(project, "--ver") == {"--verbose", "--version"}
    assert complete(project, "new", "--lang", "") == {"c", "rust"}
    assert complete(project, "run", "--kernel", "") == set(), "bash offers files"
    assert "boot" in complete(project, "test", "b")
    assert complete(project, "explain", "K10") >= {"K100", "K107"}
    assert complete(project, "explain", "null") == {"null-page", "null-selector"}
    assert complete(project, "run", "--options", "-vi") == {"-video="}
    assert complete(project, "run", "--options", "-on") == {"-onerror=", "-onfault="}
    assert complete(project, "run", "--options", "-s") >= {"-smp", "-smp=", "-stack=", "-sha256="}


def test_what_is_typed_daily_has_a_short_form(project):
    assert "run: --kernel needs FILE after it\n" in project.bad("run", "-k", status=2)
    assert "/nonexistent" in project.bad("image", "-k", "/nonexistent", "-a", "words")
    assert "--memory 1M: " in project.bad("run", "-m", "1M", status=2)


def test_the_version_is_printed(project):
    version = re.search(r'LOADER_VERSION "(.*)"', (ROOT / "loader/core/version.h").read_text())
    assert project.good("--version") == f"Longjump {version.group(1)}\n"


def test_somebody_elses_build_sh_is_not_called(project, tmp_path):
    (tmp_path / "build.sh").write_text(f"#!/bin/bash\ntouch {tmp_path}/called\n")
    (tmp_path / "build.sh").chmod(0o755)
    assert complete(project, "r", program=f"{tmp_path}/build.sh") == set()
    assert not (tmp_path / "called").exists()


def test_bash_itself_uses_it(project):
    script = f"source {project.root}/commands/lib/completion.bash; complete -p build.sh longjump"
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout
    assert said.count("-F _longjump") == 2 and said.count("-o default") == 2
