"""`runner`: every way in which a test can end, with real kernels in QEMU, and its settings."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from projects import ROOT, Image


def write(text):
    """Assembly that writes a text to COM1."""
    return ["mov dx, 0x3f8", *(f"mov al, {ord(letter)}\nout dx, al" for letter in text)]


def leave(value):
    return [f"mov al, {value}", "out 0xf4, al", "jmp $"]


PASS = [*write("hello\n"), *leave(16)]

# What the kernel does -> words for the runner, words for QEMU, status, last line
ENDS = {
    "passes": (PASS, [], [], 0, "test passed: tiny.elf: the kernel ended with code 33 .value 16. "),
    "fails": (leave(17), [], [], 1, "test FAILED: .* code 35 .value 17.; success is 33"),
    "writes 0": (leave(0), [], [], 1, "test FAILED: .* code 1 .value 0."),
    "resets": (
        ["mov al, 6", "mov dx, 0xcf9", "out dx, al", "jmp $"], [], [], 3,
        r"test CRASHED: .* the machine reset at RIP 0x2000\w\w in _start \(tiny.asm:[78]\)",
    ),
    "faults": (
        ["lidt [rel none]", "here: int3", "none: times 10 db 0"], [], [], 3,
        r"test CRASHED: .* a triple fault at RIP 0x2000\w\w in here \(tiny.asm:6\)",
    ),
    "is explained": (
        [*write("hello"), "here: mov rax, [0x10]"], [], [], 3,
        r"test CRASHED: tiny.elf: Page fault .* at RIP 0x2000\w\w in here \(tiny.asm:16\):"
        " The kernel read from 0x10, in the null page",
    ),
    "never ends": (
        ["here: jmp here"], ["--test-timeout", "3"], [], 4,
        r"test TIMED OUT: .* did not end within 3 s; the CPU is at RIP 0x\w+ in here .tiny.asm:5",
    ),
    "waits for ever": (
        ["here: sti", "hlt", "jmp here"], ["--test-timeout", "3"], [], 4, "test TIMED OUT: "
    ),
    "has no QEMU": (PASS, [], ["-nonsense"], 5, "test NOT RUN: .* QEMU itself failed, status 1"),
    "halts": (["cli", "hlt"], [], [], 6, "test ENDED WITHOUT A CODE: .* the kernel has halted"),
    "switches off": (
        ["mov ax, 0x2000", "mov dx, 0x604", "out dx, ax", "jmp $"], [], [], 6,
        "test ENDED WITHOUT A CODE: .* the machine was switched off",
    ),
}  # fmt: skip


def last(said):
    return said.splitlines()[-1]


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_test_cannot_be_mistaken(project, kernel, end):
    body, words, arguments, status, line = ENDS[end]
    done = project.run("runner", "--test", *words, kernel(*body), *arguments)
    assert done.returncode == status, done.stdout
    assert re.match(line, last(done.stdout)), done.stdout
    assert "Traceback" not in done.stdout and "ISOLINUX" not in done.stdout


@pytest.mark.parametrize("end", ["passes", "is explained", "faults", "halts"])
def test_from_a_disc_it_ends_in_the_same_words(project, kernel, end):
    body, words, arguments, status, line = ENDS[end]
    done = project.run("runner", "--disc", "--test", *words, kernel(*body), *arguments)
    assert done.returncode == status and "ISOLINUX" in done.stdout, done.stdout
    assert re.match(line, last(done.stdout)), done.stdout


UEFI = ["passes", "faults", "is explained"]


@pytest.mark.parametrize("end", UEFI)
def test_under_uefi_it_ends_in_the_same_words(project, kernel, tmp_path, end):
    (tmp_path / "longjump.conf").write_text("uefi = true\n")
    body, words, arguments, status, line = ENDS[end]
    words = ["--test", *words, kernel(*body), "-nic", "none", *arguments]
    done = project.run("runner", *words)
    assert done.returncode == status and "BdsDxe: starting" in done.stdout, done.stdout
    assert re.match(line, last(done.stdout)), done.stdout


def test_a_kernel_that_is_refused_under_uefi_was_not_started(project, tmp_path):
    (tmp_path / "text").write_text("this is no kernel\n")
    said = project.bad("runner", "--uefi", "--no-check", "--test", tmp_path / "text", status=7)
    assert re.match(r"test NOT STARTED: text: K\d{3} ", last(said)) and "BdsDxe" in said


def test_only_qemu_is_given_another_firmware(project, kernel, tmp_path):
    (tmp_path / "longjump.conf").write_text('run-command = ["true", "{}"]\n')
    assert "uefi: only QEMU" in project.bad("runner", "--uefi", kernel("hlt"), status=2)


LIKE_A_FAULT = "Longjump: x\n\n x\n@longjump-fault vector=1 rip=x slide=world\n"


@pytest.mark.parametrize("words", [["runner", "--test"], ["run", "--kernel"]])
def test_a_kernel_that_talks_like_the_explainer_is_not_a_crash(project, kernel, tmp_path, words):
    body = [*write(LIKE_A_FAULT), *(leave(16) if "--test" in words else ["cli", "hlt"])]
    output = [] if "--test" in words else ["--output", tmp_path / "x.iso"]
    said = project.good(*words, kernel(*body), *output)
    assert "vector=1 rip=x" in said
    assert last(said).startswith(("test passed: ", "the kernel has halted"))


@pytest.mark.parametrize(
    "words",
    [
        ["--test", "missing.elf"],
        ["--test", "/"],
        ["--test", "--output", "/nowhere/x.iso"],
        ["--test", "--output", "/proc/x.iso"],
        ["--test", "--config", "/nowhere/longjump.conf"],
    ],
    ids=["no file", "a folder", "no folder to write to", "no right to write", "no settings"],
)
def test_what_cannot_be_run_is_not_a_failed_test(project, kernel, words):
    """Status 1 means that a test has failed, and nothing else."""
    program = [] if len(words) == 2 else [kernel(*PASS)]
    project.bad("runner", *words, *program, status=2)


def test_our_own_mistake_is_not_a_failed_test():
    script = "from lib.project import start; start(lambda words: words[7], failure=2)"
    done = subprocess.run(
        ["/usr/bin/python3", "-c", script], cwd=ROOT / "commands", capture_output=True, text=True
    )
    assert done.returncode == 2 and "IndexError" in done.stderr


def test_each_end_has_a_line_of_its_own():
    by_status = {}
    for _body, _words, _arguments, status, line in ENDS.values():
        by_status.setdefault(status, set()).add(line.split(":")[0])
    words = [word for group in by_status.values() for word in group]
    assert len(by_status) == len(words) == len(set(words)) == 6


def test_a_kernel_that_is_refused_was_not_started(project, tmp_path):
    (tmp_path / "text").write_text("this is no kernel\n")
    said = project.bad("runner", "--test", tmp_path / "text", status=7)
    assert re.match(r"test NOT STARTED: text: K\d{3} ", last(said)) and "ISOLINUX" not in said
    said = project.bad("runner", "--test", "--no-check", tmp_path / "text", status=7)
    assert (
        re.match(r"test NOT STARTED: text: K\d{3} ", last(said))
        and "There is no boot prompt" in said
    )
    said = project.bad("runner", "--disc", "--test", "--no-check", tmp_path / "text", status=7)
    assert re.match(r"test NOT STARTED: text: K\d{3} ", last(said)) and "ISOLINUX" in said
    assert "would not start" in project.bad("runner", tmp_path / "text", status=7)


def test_what_the_kernel_says_is_on_stdout_and_nothing_else(project, kernel):
    command = [project.root / "build.sh", "--no-install", "runner", "--test", kernel(*PASS)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert "hello" in done.stdout and "pack" not in done.stdout and "test " not in done.stdout
    assert last(done.stderr).startswith("test passed: ")
    quiet = [*command[:3], "--quiet", *command[3:]]
    done = subprocess.run(quiet, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert len(done.stderr.splitlines()) == 1 and "hello" in done.stdout


@pytest.mark.parametrize("folder", ["deps", "rustdoctest1a2b", "other"])
def test_what_cargo_builds_as_a_test_is_one(project, kernel, tmp_path, folder):
    program = tmp_path / folder / "it-0123456789abcdef"
    program.parent.mkdir()
    shutil.copy(kernel(*write("hello"), "cli", "hlt"), program)
    done = project.run("runner", program.name, cwd=program.parent)
    if folder == "other":
        assert done.returncode == 0 and last(done.stdout) == "the kernel has halted"
    else:
        assert done.returncode == 6 and last(done.stdout).startswith("test ENDED WITHOUT")
    assert os.listdir(program.parent) == [program.name], "nothing is left beside it"


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("to_all", [True, False], ids=["all", "one"])
def test_a_signal_ends_it(project, kernel, tmp_path, number, status, to_all):
    program = kernel(*write("hello\n"), "jmp $")
    running = subprocess.Popen(
        [project.root / "build.sh", "--no-install", "runner", "--test", program],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    while "hello" not in running.stdout.readline():
        assert running.poll() is None
    (os.killpg if to_all else os.kill)(running.pid, number)
    said = running.communicate(timeout=60)[1]
    assert running.returncode == status, said
    if number == signal.SIGINT:
        assert last(said).startswith("test INTERRUPTED: tiny.elf: ")
    left = subprocess.run(
        ["ps", "-o", "args=", "-s", str(running.pid)], capture_output=True, text=True
    )
    assert not left.stdout, "QEMU has ended"


def test_the_image_is_made_again_only_when_the_kernel_changed(project, kernel, tmp_path):
    program, words = kernel(*PASS), ["runner", "--disc", "--test"]
    assert "tiny.elf.longjump.iso is ready" in project.good(*words, program)
    before = (tmp_path / "tiny.elf.longjump.iso").stat()
    assert "tiny.elf.longjump.iso is up to date" in project.good(*words, program)
    assert (tmp_path / "tiny.elf.longjump.iso").stat().st_mtime_ns == before.st_mtime_ns
    kernel(*leave(17))
    assert "tiny.elf.longjump.iso is ready" in project.bad(*words, program)


def test_several_run_side_by_side(project, kernel):
    programs = [(kernel(*leave(value), name=f"k{value}"), value) for value in (16, 17, 18, 16 + 64)]
    command = [project.root / "build.sh", "--no-install", "runner", "--test"]
    running = [
        (subprocess.Popen([*command, program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True), value)
        for program, value in [*programs, programs[0]]
    ]  # fmt: skip
    for process, value in running:
        said = process.communicate(timeout=120)[0]
        assert process.returncode == (0 if value == 16 else 1), said
        assert f"(value {value})" in last(said)


def test_a_folder_with_an_awkward_name(project, kernel, tmp_path):
    folder = tmp_path / "it's a, folder"
    folder.mkdir()
    program = shutil.copy(kernel(*PASS), folder / "my kernel.elf")
    project.good("runner", "--test", program)
    settings = folder / "disk.conf"
    settings.write_text('run-command = ["qemu-system-x86_64", "-drive", "format=raw,file={}"]\n')
    project.good("runner", "--test", "--config", settings, program)


def test_arguments_reach_qemu_even_if_they_look_like_ours(project, kernel):
    said = project.good("runner", "--test", kernel(*PASS), "-m", "64M", "-name", "--test")
    assert "test passed" in said
    assert "-nonsense" in project.bad("runner", kernel("hlt"), "-nonsense")


def test_a_test_may_be_on_the_serial_line_as_bootimage_users_have_it(project, kernel, tmp_path):
    (tmp_path / "longjump.conf").write_text(
        'test-args = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-serial", "stdio",\n'
        '             "-display", "none"]\n'
        "test-success-exit-code = 35\n"
    )
    assert "hello" in project.good("runner", "--test", kernel(*write("hello"), *leave(17)))


def test_a_reset_can_be_what_is_wanted(project, kernel):
    """As in bootimage: with -no-reboot QEMU ends with 0 when the kernel resets the machine."""
    program = kernel("mov al, 6", "mov dx, 0xcf9", "out dx, al", "jmp $")
    project.good("runner", "--test", "--test-success-exit-code", "0", program)
    program = kernel("mov rax, [0x10]", name="faults")
    said = project.good("runner", "--test", "--test-success-exit-code", "0", program)
    assert "a triple fault at RIP" in last(said)
    program = kernel("cli", "hlt", name="halts")
    project.bad("runner", "--test", "--test-success-exit-code", "0", program, status=6)


def test_a_machine_may_be_allowed_to_reboot(project, kernel, tmp_path):
    """The kernel counts its starts in the CMOS, which a reset leaves alone."""
    (tmp_path / "longjump.conf").write_text("test-no-reboot = false\n")
    program = kernel(
        "mov al, 0x7d", "out 0x70, al", "in al, 0x71", "cmp al, 0x55", "je again",
        "mov al, 0x7d", "out 0x70, al", "mov al, 0x55", "out 0x71, al",
        "mov al, 6", "mov dx, 0xcf9", "out dx, al", "jmp $", "again:", *leave(16),
    )  # fmt: skip
    project.good("runner", "--test", program)


def test_what_the_file_says_reaches_the_kernel(project, kernel, tmp_path):
    (tmp_path / "disk.img").write_text("contents")
    (tmp_path / "longjump.conf").write_text(
        'append = "root=ram0 quiet"\noptions = "-stack=1M"\nmodules = ["disk.img:its line"]\n'
        "disc = true\n"
    )
    project.good("runner", "--test", kernel(*PASS))
    image = Image(tmp_path / "tiny.elf.longjump.iso")
    line = "-stack=1M kernel.elf root=ram0 quiet --- disk.img its line"
    assert line in image.read("/isolinux/isolinux.cfg").decode()
    project.good("runner", "--test", "--append", "", kernel(*PASS))
    image = Image(tmp_path / "tiny.elf.longjump.iso")
    assert "-stack=1M kernel.elf --- disk.img" in image.read("/isolinux/isolinux.cfg").decode()


# Words for QEMU, or the file of settings -> why it needs a disc
NEED_A_DISC = {
    "a kernel": (["-kernel", "/nowhere"], "", "-kernel already names a kernel"),
    "firmware": (["-pflash", "/nowhere"], "", "-pflash selects other firmware"),
    "a machine": (["-M", "isapc", "-cpu", "qemu64"], "", "machine isapc cannot load such a kernel"),
    "a place": (["-device", "nvme,serial=1,bootindex=0"], "", "bootindex=0 boots before it"),
    "a drive": ([], 'run-command = ["qemu-system-x86_64", "-drive", "if=none,id=a,file={}",\n'
                '"-device", "virtio-blk-pci,drive=a"]\n', "does not attach the image"),
    "a prompt": ([], 'options = "-onerror=prompt"\n', "-onerror=prompt asks for ISOLINUX's prompt"),
}  # fmt: skip


@pytest.mark.parametrize("case", NEED_A_DISC)
def test_what_needs_a_disc_is_booted_from_one_with_the_reason(project, kernel, tmp_path, case):
    words, settings, reason = NEED_A_DISC[case]
    (tmp_path / "longjump.conf").write_text(settings)
    done = project.run("runner", "--test", "--test-timeout", "60", kernel(*PASS), *words)
    assert "  note     booting from a disc: " in done.stdout, done.stdout
    assert reason in done.stdout and "tiny.elf.longjump.iso is ready" in done.stdout
    assert done.returncode == (5 if "/nowhere" in words else 0), done.stdout


def test_microvm_is_a_machine_for_tests_as_well(project, kernel):
    project.good("runner", "--test", kernel(*PASS), "-M", "microvm")


def test_words_and_modules_reach_a_kernel_without_a_disc(project, tmp_path):
    (tmp_path / "disk.img").write_text("contents")
    (tmp_path / "longjump.conf").write_text(
        'append = "root=ram0 quiet"\nmodules = ["disk.img:its line"]\n'
    )
    program = shutil.copy(ROOT / "build/kernel.elf", tmp_path / "a kernel")
    said = project.good("runner", program)
    assert "command line: root=ram0 quiet" in said and re.search("disk.img.*its line", said), said


def settings_of(said):
    """The output of --print-config: key -> value, origin."""
    found = {}
    for line in said.splitlines():
        setting, _, origin = line.rpartition(" # ")
        if not setting.startswith("#"):
            key, value = setting.split(" = ", 1)
            found[key] = value.strip(), origin
    return found


CARGO = """[package]
name = "k"
version = "0.1.0"

[package.metadata.bootimage]
run-command = ["qemu-system-x86_64", "-drive", "format=raw,file={}"]
run-args = [
    "-m", "64M",
]
test-timeout = 7
build-command = ["build", "--release"]
test-success-exit-code = 35

[package.metadata.bootloader]
anything = 1
"""


def test_the_command_line_beats_the_file_and_the_file_the_default(project, kernel, tmp_path):
    program = kernel(*leave(17))
    (tmp_path / "Cargo.toml").write_text(CARGO)
    (tmp_path / "longjump.conf").write_text("# mine\n\ntest-timeout = 8\n")
    said = project.good("runner", "--print-config", "--test-success-exit-code", "37", program,
                        cwd=tmp_path)  # fmt: skip
    found = settings_of(said)
    assert found["test-timeout"] == ("8", "longjump.conf:3")
    assert found["run-args"] == ('["-m", "64M"]', "Cargo.toml:7")
    assert found["build-command"] == ('["build", "--release"]', "Cargo.toml:11")
    assert found["test-success-exit-code"] == ("37", "command line")
    assert found["test-no-reboot"] == ("true", "default")
    project.good("runner", "--test", program)
    (tmp_path / "other.conf").write_text("test-timeout = 9\n")
    said = project.good("runner", "--print-config", "--config", "other.conf", program,
                        cwd=tmp_path)  # fmt: skip
    assert settings_of(said)["test-timeout"] == ("9", "other.conf:1")


def test_what_is_printed_can_be_read_again(project, kernel, tmp_path):
    program = kernel(*PASS)
    said = project.good("runner", "--print-config", "--append", 'a "b" = c', program)
    (tmp_path / "longjump.conf").write_text(said)
    again = project.good("runner", "--print-config", program)
    assert {key: value[0] for key, value in settings_of(again).items()} == {
        key: value[0] for key, value in settings_of(said).items()
    }


def test_cargo_names_the_manifest(project, kernel, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "Cargo.toml").write_text(CARGO)
    program = kernel(*leave(17))
    project.bad("runner", "--test", program)
    project.good("runner", "--test", program, CARGO_MANIFEST_DIR=str(package))
    deep = package / "target/debug/deps"
    deep.mkdir(parents=True)
    project.good("runner", shutil.copy(program, deep))


WRONG = {
    "an unknown key": ("a-key = 1\n", ':1: unknown key "a-key"; there are: build-command, '),
    "a number as text": ('\n\ntest-timeout = "5"\n', ':3: the key "test-timeout" must be a whole'),
    "a negative time": ("test-timeout = -1\n", "above 0, not -1"),
    "a truth as number": ("test-timeout = true\n", "not true"),
    "a code too large": ("test-success-exit-code = 256\n", "from 0 to 255"),
    "text as a list": ('run-args = "-m 64M"\n', ':1: the key "run-args" must be a list'),
    "a list of numbers": ("# one\nrun-args = [\n1,\n]\n", ':2: the key "run-args"'),
    "no image": ('run-command = ["qemu-system-x86_64"]\n', "with {} for the image"),
    "no TOML": (
        "test-timeout = \n",
        "this is not valid TOML: Invalid value (at line 1, column 16)",
    ),
    "no text": (b"\xff\xfe", "is not text in UTF-8"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_names_file_line_and_key(project, kernel, tmp_path, case):
    text, told = WRONG[case]
    path = tmp_path / "longjump.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    said = project.bad("runner", "--test", kernel("hlt"), status=2, cwd=tmp_path)
    assert said.startswith("build.sh: longjump.conf:") and told in said, said


def test_a_wrong_setting_in_a_manifest_is_found_in_its_table(project, kernel, tmp_path):
    text = '[package]\nname = "run-args"\n\n[package.metadata.bootimage]\n\nrun-args = 1\n'
    (tmp_path / "Cargo.toml").write_text(text)
    said = project.bad("runner", kernel("hlt"), status=2, cwd=tmp_path)
    assert 'Cargo.toml:6: the key "run-args"' in said
    (tmp_path / "Cargo.toml").write_text("[package.metadata]\nbootimage = 1\n")
    assert 'Cargo.toml:2: "package.metadata.bootimage" must be a table' in project.bad(
        "runner", kernel("hlt"), status=2
    )


@pytest.mark.parametrize(
    "words, told",
    [
        ([], "which ELF file"),
        (["/nowhere/k.elf"], "No such file"),
        (["--config", "/nowhere.conf", "k.elf"], "No such file"),
        (["--test-timeout", "soon", "k.elf"], "--test-timeout must be a whole number"),
        (["--test-success-exit-code", "300", "k.elf"], "--test-success-exit-code must be"),
        (["--options", "stack=1M", "k.elf"], 'begins with "-"'),
        (["--tset", "k.elf"], "did you mean --test?"),
        (["/dev/zero"], "is a pipe or a device"),
        (["--module", "/dev/stdin", "{}/build/kernel.elf"], "is a pipe or a device"),
        (["{tmp}/loop"], "Too many levels of symbolic links"),
    ],
)
def test_what_cannot_be_run_ends_with_2(project, tmp_path, words, told):
    (tmp_path / "loop").symlink_to("loop")
    words = [word.format(project.root, tmp=tmp_path) for word in words]
    assert told in project.bad("runner", *words, status=2)


def test_build_command_makes_the_kernel_before(project, kernel, tmp_path):
    made = kernel(*PASS)
    made.rename(tmp_path / "spare")
    (tmp_path / "longjump.conf").write_text('build-command = ["cp", "spare", "tiny.elf"]\n')
    project.good("runner", "--test", "--build", made)
    (tmp_path / "longjump.conf").write_text('build-command = ["false"]\n')
    assert "build-command ended with status 1" in project.bad(
        "runner", "--test", "--build", made, status=2
    )
    (tmp_path / "longjump.conf").write_text("")
    assert "there is no build-command" in project.bad("runner", "--build", made, status=2)


def test_another_program_than_qemu_may_run_the_image(project, kernel, tmp_path):
    script = tmp_path / "emulator"
    script.write_text('#!/bin/bash\n[[ -s $1 && $2 == more ]] && exit "$3"\n')
    script.chmod(0o755)
    (tmp_path / "longjump.conf").write_text(f'run-command = ["{script}", "{{}}", "more"]\n')
    program = kernel(*PASS)
    for code, status in (33, 0), (35, 1), (0, 6):
        project.bad("runner", "--test", program, code, status=status)
    assert project.run("runner", program, 7).returncode == 7
    script.write_text("#!/bin/bash\nexec sleep 30\n")
    said = project.bad("runner", "--test", "--test-timeout", 1, program, status=4)
    assert "TIMED OUT" in last(said)
    script.unlink()
    assert "No such file" in project.bad("runner", "--test", program, status=5)


def commands(language):
    """The blocks of docs/runner.md in that language."""
    text = (ROOT / "docs/runner.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


BARE = """#![feature(no_core, rustc_attrs)]
#![no_core]
#![no_main]

#[rustc_builtin_macro]
macro_rules! global_asm { () => {} }
global_asm!(".globl _start", "_start: cli", "hlt", "jmp _start");
"""


@pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")
def test_the_cargo_configuration_of_the_docs_works(project, tmp_path):
    """`core` is not available for the bare target; a kernel in assembly does not need it."""
    files = {
        "Cargo.toml": '[package]\nname = "bare"\nversion = "0.1.0"\nedition = "2021"\n',
        ".cargo/config.toml": commands("toml")[0].replace("/path/to/longjump", str(project.root)),
        "src/main.rs": BARE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["cargo", "run", "--offline", "--target", "x86_64-unknown-none", "--", "-m", "64M"],
        cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env={**{key: value for key, value in os.environ.items() if "DISPLAY" not in key},
             "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "-C linker=ld -C panic=abort"},
    )  # fmt: skip
    assert done.returncode == 0 and "the kernel has halted" in done.stderr, done.stderr


def test_the_makefile_of_the_docs_works(project, kernel, tmp_path):
    kernel(*PASS, name="kernel").rename(tmp_path / "test.elf")
    makefile = commands("make")[0].replace("/path/to/longjump", str(project.root))
    (tmp_path / "Makefile").write_text(makefile)
    make = ["make", "-C", tmp_path, "test"]
    done = subprocess.run(make, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "test passed: test.elf" in done.stderr, done.stderr
    kernel(*leave(17), name="kernel").rename(tmp_path / "test.elf")
    assert subprocess.run(make, capture_output=True, stdin=subprocess.DEVNULL).returncode == 2


@pytest.mark.skipif(not shutil.which("cmake"), reason="there is no CMake")
def test_the_cmake_of_the_docs_works(project, tmp_path):
    text = commands("cmake")[0].replace("/path/to/longjump", str(project.root))
    (tmp_path / "CMakeLists.txt").write_text(text)
    body = 'void _start(void)\n{\n\t__asm__ volatile("out %%al, $0xf4" : : "a"(16));\n}\n'
    (tmp_path / "test.c").write_text(body)
    (tmp_path / "kernel.c").write_text(body)
    for command in (["cmake", "."], ["cmake", "--build", "."], ["ctest", "--output-on-failure"]):
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={key: value for key, value in os.environ.items() if key != "MAKEFLAGS"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert "100% tests passed" in done.stdout


def test_the_shell_loop_of_the_docs_works(project, kernel, tmp_path):
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(kernel(*PASS), tests / "one.elf")
    shutil.copy(kernel(*leave(17)), tests / "two.elf")
    script = commands("sh")[0].replace("/path/to/longjump", str(project.root))
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout


def test_every_key_is_in_the_docs():
    text = (pathlib.Path(ROOT) / "docs/runner.md").read_text()
    config = (ROOT / "commands/lib/config.py").read_text()
    for key in re.findall(r'^    "([a-z-]+)": \(', config, re.MULTILINE):
        assert f"`{key}`" in text, key
