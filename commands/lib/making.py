"""making.py - has make compile what has changed, and does not even start it if nothing has.

make takes longer to find out that there is nothing to do than a kernel takes to boot. So what it
examined is remembered (answers.py). Knows the folders of the sources; knows nothing of how anything
is compiled.
"""

import os
import subprocess
import sys
import time

from lib.answers import keep, kept
from lib.project import BUILD, INSTALLED, ROOT, Stop, Voice
from lib.project import can_write, elsewhere, locked, own_environment, say, tool

SAMPLE, KERNEL = "build/kernel.elf", "kernel"  # the sample kernel, and the folder of its source
SOURCES = {"Makefile", "bench", "include", "loader", KERNEL}
PROGRAMS = (("CC", "cc"), ("LD", "ld"), ("AR", "ar"), ("NASM", "nasm"), ("OBJCOPY", "objcopy"))


def make(*targets):
    """Compiles what has changed."""
    if is_made_elsewhere(targets):
        fetch(targets)
        return
    stale = {}  # questions -> targets that are to be made, as far as is known
    for those in (set(targets) - {SAMPLE}, set(targets) & {SAMPLE}):
        question = ("make", *sorted(those), *choices())
        if those and not kept(question):
            stale[question] = sorted(those)
    if stale:
        began = time.time_ns()
        compile_changed([name for names in stale.values() for name in names])
    for question, names in stale.items():
        keep(question, True, looked_at(names), began)


def choices():
    """What the user's environment says about how to compile."""
    return [f"{name}={value}" for name, value in sorted(os.environ.items())
            if name == "PATH" or name.startswith("LONGJUMP_")]  # fmt: skip


def looked_at(names):
    """All that decides whether make would do anything for these targets: sources, programs, and
    what it has made. The sample kernel's sources are looked at for nothing else."""
    for name in SOURCES if SAMPLE in names else SOURCES - {KERNEL}:
        yield ROOT / name
        for folder, folders, files in os.walk(ROOT / name):
            yield from (os.path.join(folder, file) for file in (*folders, *files))
    for folder in os.get_exec_path():
        yield from (os.path.join(folder, tool(*program)[0]) for program in PROGRAMS)
    yield from (BUILD / name.removeprefix("build/") for name in names)


def compile_changed(targets):
    """Has make compile what has changed. Only one process does so at a time, since tests run in
    parallel."""
    with locked():
        folder = ROOT if BUILD == ROOT / "build" else mirror()
        command = ["make", "--no-print-directory", "-C", folder, f"-j{os.cpu_count() or 1}"]
        command.append("V=1" if Voice.verbose else "--silent")  # says nothing if all is up to date
        command = [str(word) for word in [*command, *targets]]
        Voice.show(command)
        status = carry_out(command, own_environment())
    if status != 0:
        from lib.caller import Caller  # only after a failure

        Caller().end_if_gone()  # make could not say what it compiles
        raise Stop("it did not compile; the messages are above")


def carry_out(command, environment):
    """Calls make; returns its status. On a terminal, shows the progress."""
    stream = Voice.stream or sys.stdout
    if Voice.verbose or not stream.isatty():
        done = subprocess.run(command, stdout=Voice.stream, env=environment, check=False)
        return done.returncode
    from lib.compiling import compile_watched

    return compile_watched(command, environment, say)


def is_made_elsewhere(targets):
    """Whether all of this has been built elsewhere: it came with an installed Longjump, or another
    user, who owns this checkout, has built it from the current sources."""
    if not (ROOT / "Makefile").exists():
        return True
    if BUILD == ROOT / "build" and can_write(BUILD if BUILD.exists() else ROOT):
        return False
    sources = [ROOT / "Makefile"]
    for folder in ("include", "kernel", "loader"):
        sources += (ROOT / folder).rglob("*")
    try:
        newest = max(path.stat().st_mtime_ns for path in sources)
        return all((ROOT / name).stat().st_mtime_ns >= newest for name in targets)
    except OSError:
        return False


def fetch(targets):
    """Links what others have built into BUILD, so that it can be used with what we build."""
    if not can_write(BUILD):
        return
    with locked():
        for name in (target.removeprefix("build/") for target in targets):
            if (BUILD / name).resolve() != elsewhere(name).resolve():
                (BUILD / name).unlink(missing_ok=True)
                (BUILD / name).symlink_to(elsewhere(name))


def mirror():
    """A folder that looks like the checkout, which belongs to another user: its entries are links,
    and build/ in it is BUILD."""
    for path in ROOT.iterdir():
        link = BUILD.parent / path.name
        if path.name not in (".git", "build") and not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(path)
    return BUILD.parent
