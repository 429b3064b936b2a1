"""Proves that ./build.sh check and explain are right about kernels, in their output and their exit
status, and that no image is made of a kernel that would be refused."""

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import mistakes
from faults import FAULTS
from lints import LINTS
from messages import ROOT, check


@pytest.mark.parametrize("name", LINTS)
def test_what_will_fail_later_causes_a_warning(kernel, name):
    lint = LINTS[name]
    words = dict(lint.bad, ld=lint.bad.get("ld", "").format(root=ROOT))
    found = check(kernel(**words))
    assert found["starts"] and found["status"] == 0
    assert lint.code in found["warnings"]


@pytest.mark.parametrize("name", LINTS)
def test_what_will_not_fail_later_causes_no_warning(kernel, name):
    lint = LINTS[name]
    assert lint.code not in check(kernel(**lint.good))["warnings"]


# C and flags for ld, and the relocations that must result. The compiler makes PIC.
RELOCATED = {
    "own symbols of a library": (
        "int value = 3, *pointer = &value; int get(void) { return *pointer; }"
        " int (*function)(void) = get; void _start(void) { for (;;) get(); }",
        "-shared",
        {"R_X86_64_64", "R_X86_64_GLOB_DAT", "R_X86_64_JUMP_SLO"},
    ),
    "weak symbols that nobody defines": (
        "extern char hook[] __attribute__((weak)); char *volatile words[] = { hook, hook + 7 };"
        " void _start(void) { for (;;) *(char *volatile *)words = hook; }",
        "-pie",
        {"R_X86_64_64", "R_X86_64_GLOB_DAT"},
    ),
}
PIC = {"flags": "-fpic", "without": "-fno-pic -fno-pie"}


def relocations(program):
    """The names of all relocations, as readelf shortens them."""
    told = subprocess.run(["readelf", "-r", program], capture_output=True, text=True, check=True)
    return set(re.findall(r"R_X86_64_\w+", told.stdout))


@pytest.mark.parametrize("name", RELOCATED)
def test_relocations_by_symbols_are_accepted(kernel, name):
    source, ld, wanted = RELOCATED[name]
    program = kernel(start=source, ld=ld, **PIC)
    assert relocations(program) >= wanted
    found = check(program)
    assert found["starts"] and found["refusals"] == []


# What is refused, the C code, and the words of the refusal.
UNRESOLVED = {
    "K130 by its name": ("extern void missing_hook(void); void _start(void) { missing_hook(); }",
                         "missing_hook, for entry"),
    "K124 of an indirect function": (
        "static void one(void) {} static void *pick(void) { return one; } void _start(void) { }"
        ' static void f(void) __attribute__((ifunc("pick"))); void (*p)(void) = f;',
        "R_X86_64_IRELATIVE (37)",
    ),
    "K124 of an indirect function that others see": (
        "static void one(void) {} static void *pick(void) { return one; } void _start(void) { }"
        ' void fast_copy(void) __attribute__((ifunc("pick"))); void (*p)(void) = fast_copy;',
        "R_X86_64_64 for fast_copy, which is an indirect function",
    ),
    "K124 of thread-local storage": (
        "__thread int counter; int *_start(void) { return &counter; }", "R_X86_64_DTPMOD64"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNRESOLVED)
def test_what_cannot_be_resolved_is_refused(kernel, name):
    source, words = UNRESOLVED[name]
    found = check(kernel(start=source, ld="-shared", **PIC))
    assert found["refusals"] == [name.split()[0]]
    assert words in found["findings"][-1]["detail"], found["findings"]


def add_section(program, name, content):
    """Adds a section that is not loaded."""
    part = program.with_suffix(".part")
    part.write_bytes(content)
    subprocess.run(["objcopy", "--add-section", f"{name}={part}", program], check=True)


def test_much_debug_data_causes_a_warning(kernel):
    program = kernel()
    add_section(program, ".debug_info", bytes(1000))
    assert check(program)["warnings"] == []
    add_section(program, ".debug_line", bytes(3 << 20))
    found = check(program)
    assert found["warnings"] == ["K805"]
    assert found["debug_size"] == (3 << 20) + 1000


def test_a_program_for_linux_causes_a_warning(kernel):
    program = kernel()
    add_section(program, ".note.ABI-tag", bytes(32))
    assert check(program)["warnings"] == ["K812"]


def test_gccs_debug_data_shows_the_red_zone(kernel):
    program = kernel(flags="-g", without="-mno-red-zone")
    if b"-ffreestanding" not in program.read_bytes():
        pytest.skip("this compiler does not note its command line")
    assert check(program)["warnings"] == ["K802"]
    assert check(kernel(flags="-g"))["warnings"] == []


def test_a_kernel_that_only_knows_a_text_screen_is_reported(kernel):
    code = "void _start(void) { *(volatile short *)0xb8000 = 1; for (;;); }"
    assert check(kernel(start=code))["text_screen_only"]
    assert not check(kernel())["text_screen_only"]
    assert not check(ROOT / "build/kernel.elf")["text_screen_only"]


def test_our_own_kernels_cause_no_warnings():
    assert check(ROOT / "build/kernel.elf")["findings"] == []
    assert check(ROOT / "build/tests/kernels/pie.elf")["findings"] == []
    assert check(ROOT / "build/tests/kernels/tls.elf")["findings"] == []


def test_symbols_that_do_not_fit_into_memory_are_left_out(kernel):
    labels = "".join(f"label_{number}: .global label_{number};" for number in range(30000))
    program = kernel(body=f'__asm__(".data; {labels} .byte 1; .text");')
    assert check(program)["warnings"] == []
    assert check(program, memory=16 << 20)["warnings"] == ["K212"]


def test_sse_is_known_to_be_on_or_off(kernel):
    program = kernel(**LINTS["SSE"].bad)
    assert check(program)["warnings"] == ["K806"]
    assert "K814" in check("-protocol=bootloader-0.9", program)["warnings"]
    assert "K814" not in check("-protocol=bootloader-0.9,sse", program)["warnings"]


def test_what_is_asked_for_a_kernel_of_the_crate_bootloader_is_shown(kernel):
    asked = "-protocol=bootloader-0.9,map_physical_memory,kernel-stack-size=3"
    assert check(asked, kernel())["asks"] == "map_physical_memory\nkernel-stack-size=3"
    done = subprocess.run([ROOT / "build/check", "--", asked, kernel()], capture_output=True)
    words = b"protocol  bootloader-0.9\n    asks for  map_physical_memory\n    asks for  kernel-s"
    assert words in done.stdout


def test_what_a_kernel_of_bootloader_011_asks_for_is_shown():
    found = check(ROOT / "build/tests/kernels/bootloader011_fixed.elf")
    assert found["protocol"] == "bootloader-0.11" and not found["refusals"], found
    asked = found["asks"].split("\n")
    assert asked[0] == "bootloader_api 0.11.16"
    assert "kernel_base at 0xffffffff80000000" in asked


def test_a_kernel_of_bootloader_011_that_is_started_natively_causes_a_warning():
    found = check("-protocol=native", ROOT / "build/tests/kernels/bootloader011_first.elf")
    assert "K816" in found["warnings"], found


def test_a_kernel_that_brings_no_section_for_bootloader_011_is_refused(kernel):
    assert check("-protocol=bootloader-0.11", kernel())["refusals"] == ["K730"]


@pytest.mark.parametrize("code, words", [
    ("K306", " -video=800x600"),
    ("K702", ",mmap"),
    ("K702", ",sse=1"),
    ("K702", ","),
    ("K702", ",kernel-stack-address=0x123"),
    ("K702", ",kernel-stack-address=0"),
    ("K702", ",kernel-stack-size=0x10000000000001"),
    ("K702", ",physical-memory-offset=0x20000000000"),
    ("K203", ",kernel-stack-size=100000"),
    ("K303", ",boot-info-address=0x800000000000"),
    ("K303", ",kernel-stack-address=0x7ffffffff000"),
    ("K303", ",kernel-stack-address=0xfffffffffffff000"),
    ("K303", ",kernel-stack-address=0xffffffffffffb000,kernel-stack-size=4"),
    ("K303", ",map_physical_memory,physical-memory-offset=0xffffffff00000000"),
    ("K306", " -paging=5"),
    ("K208", ",boot-info-address=0x400000"),
    ("K208", ",kernel-stack-address=0x3ff000"),
    ("K208", ",kernel-stack-address=0xfff0000000,kernel-stack-size=0x20000"),
    ("K208", ",map_physical_memory,physical-memory-offset=0x10000000000"),
    ("K208", ",recursive_page_table,kernel-stack-address=0x8000000000"),
])  # fmt: skip
def test_what_the_crate_bootloader_could_not_do_is_reported(kernel, code, words):
    program = kernel(ld="-Ttext=0x400000")
    found = check(*("-protocol=bootloader-0.9" + words).split(), program)
    assert [finding["code"] for finding in found["findings"]] == [code], found


def test_a_kernel_in_the_vga_window_of_the_crate_bootloader_is_refused(kernel):
    found = check("-protocol=bootloader-0.9", kernel(ld="-Ttext=0xb0000"))
    assert [finding["code"] for finding in found["findings"]] == ["K208"]


# ---- what is planned -----------------------------------------------------------------------------


def test_segments_are_those_of_the_file():
    path = ROOT / "build/tests/kernels/placed.elf"
    listed = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True).stdout
    wanted = []
    for line in listed.splitlines():
        words = line.split()
        if words[:1] == ["LOAD"]:
            offset, begin, _, size, room = (int(word, 16) for word in words[1:6])
            flags = "".join(words[6:-1])
            rights = "".join(c if c.upper() in flags.replace("E", "X") else "-" for c in "rwx")
            wanted.append((offset, size, hex(begin), hex(begin + room), rights))
    found = [
        (s["offset"], s["file_size"], s["begin"], s["end"], s["rights"])
        for s in check(path)["segments"]
    ]
    assert found == wanted


def test_nothing_is_planned_twice_in_memory():
    found = check(ROOT / "build/tests/kernels/pie.elf", memory=64 << 20)
    own = sorted(
        (int(p["physical"], 16), int(p["physical"], 16) + p["size"])
        for p in found["placements"]
        if p["use"] not in ("direct map", "identity map", "VGA window")
    )
    assert all(one[1] <= other[0] for one, other in zip(own, own[1:]))
    assert own[-1][1] <= 64 << 20
    assert found["slide"] != "0x0" and found["page_tables"] > 4


@pytest.mark.parametrize("memory", [64 << 20, 3 << 30, 6 << 30, 64 << 30])
def test_every_size_of_memory_is_planned_for(memory):
    assert check(ROOT / "build/kernel.elf", memory=memory)["starts"]


# ---- the commands --------------------------------------------------------------------------------


@pytest.fixture
def bad(tmp_path):
    """A kernel that is refused: K104."""
    path = tmp_path / "bad.elf"
    path.write_bytes(mistakes.spoil(mistakes.CASES["big_endian"]))
    return path


GOOD = ROOT / "build/tests/kernels/placed.elf"


def test_a_good_kernel_is_described_in_lines_that_fit(project):
    done = project.run("check", GOOD)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("OK: Longjump can start ")
    for word in ("segment", "entry", "direct map", "stack", "page tables", "It takes"):
        assert word in done.stdout
    wide = [line for line in done.stdout.splitlines() if len(line) > 79 and str(GOOD) not in line]
    assert not wide, "\n".join(wide)


def test_the_status_is_that_of_the_worst_of_several(project, bad):
    done = project.run("check", bad, GOOD)
    assert done.returncode == 1, done.stdout
    assert "K104 the kernel is not little-endian" in done.stdout
    assert "Longjump cannot start" in done.stdout and "Longjump can start" in done.stdout
    assert project.run("check", bad, bad.with_name("missing")).returncode == 2


@pytest.mark.parametrize("words, status, told", [
    ([], 1, "no kernel is started"),
    (["---"], 1, "no kernel is started"),
    ([""], 2, "Longjump cannot start "),
    (["-nonsense"], 1, "no kernel is started"),
    (["-poweroff"], 1, "no kernel is started: the options switch off the machine"),
    (["-reboot"], 1, "no kernel is started: the options restart the machine"),
    (["-reboot", "-nonsense"], 1, "no kernel is started"),
    (["-poweroff", "-stack=1"], 1, "no kernel is started"),
    (["-protocol=limine"], 1, "no kernel is started"),
])  # fmt: skip
def test_what_names_no_kernel_is_reported_in_every_form(words, status, told):
    command = [ROOT / "build/check"]
    done = subprocess.run([*command, "--", *words], capture_output=True, text=True)
    assert done.returncode == status and done.stdout.endswith(f"{told}\n"), done
    done = subprocess.run([*command, "--json", "--", *words], capture_output=True, text=True)
    assert done.returncode == status and not json.loads(done.stdout)["starts"], done


OPTIONS = [
    *re.findall(r'^OPTION\("([^"]+)"', (ROOT / "loader/core/options.def").read_text(), re.M),
    "poweroff", "reboot", "raw", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_can_be_checked_without_a_kernel(option):
    """With the program that has every checker in it, which a NULL for a name would end."""
    command = ROOT / "build/tests/check"
    for value in ("", "=", "=0", "=%s", "=4096", "=0xffff900000000000", "=limine", "=text"):
        for words in ([], ["---"], ["---", "module"], ["-poweroff"], ["-reboot", "---"]):
            words = [f"-{option}{value}", *words]
            done = subprocess.run([command, "--", *words], capture_output=True, text=True)
            assert done.returncode == 1 and done.stderr == "", (words, done)
            assert "no kernel is started" in done.stdout.splitlines()[-1], (words, done.stdout)
            assert "null" not in done.stdout and "cannot start" not in done.stdout, done.stdout
    done = subprocess.run([command, "--json", "--", f"-{option}"], capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert not found["starts"] and found["file"] == "" and done.stderr == "", done
    done = subprocess.run([command, "--", f"-{option}", "gone.elf"], capture_output=True, text=True)
    assert "null" not in done.stdout and done.stderr == "", done
    told = ("gone.elf", f"-{option}", "the options ")
    assert any(words in done.stdout for words in told), done.stdout


def test_options_that_start_nothing_cause_a_warning(project, tmp_path):
    for option in ("-poweroff", "-reboot"):
        words = ["image", "--output", tmp_path / "x.iso", "--options", option, "--kernel", GOOD]
        assert "no kernel is started" in project.run(*words).stdout
        assert project.run("check", "--options", option, GOOD).returncode == 1


def test_the_addresses_are_said_to_be_those_of_a_model(project):
    assert "On a model of a machine with 256 MiB of memory" in project.run("check", GOOD).stdout


def test_json_names_each_file_even_if_an_option_is_wrong(project):
    done = project.run("check", "--json", "--options", "-nonsense", GOOD)
    (found,) = json.loads(done.stdout)
    assert done.returncode == 1 and found["file"] == str(GOOD), done.stdout


def test_json_is_a_list_and_nothing_else(project, bad):
    command = [ROOT / "build.sh", "check", "--json", GOOD, bad]
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd="/")
    good, refused = json.loads(done.stdout)
    assert done.returncode == 1
    assert good["starts"] and good["findings"] == [] and good["file"] == str(GOOD)
    assert not refused["starts"]
    assert refused["findings"][0]["code"] == "K104"
    assert refused["findings"][0]["severity"] == "refusal"
    assert refused["findings"][0]["fix"]


def test_a_compressed_kernel_is_unpacked(project, tmp_path):
    path = tmp_path / "kernel.elf.gz"
    path.write_bytes(gzip.compress(GOOD.read_bytes()))
    done = project.run("check", path)
    assert done.returncode == 0 and "entry" in done.stdout, done.stdout
    path.write_bytes(path.read_bytes()[:-100])
    assert "K504" in project.run("check", path).stdout


def test_awkward_names_are_names(project, tmp_path):
    for name in ("with space.elf", "-dash.elf", 'quote".elf', "---"):
        (tmp_path / name).write_bytes(GOOD.read_bytes())
        path = name if name.startswith("-") else tmp_path / name
        done = project.run("check", "--json", f"./{name}", cwd=tmp_path)
        assert done.returncode == 0, (path, done.stdout)


def test_options_and_modules_are_planned_for(project, tmp_path):
    (tmp_path / "m").write_bytes(b"module")
    done = project.run("check", GOOD, "--options", "-stack=1M", "--append", "a b",
                       "--module", f"{tmp_path}/m:words", "--memory", "64M")  # fmt: skip
    assert done.returncode == 0 and "module" in done.stdout, done.stdout
    assert "K302" in project.run("check", GOOD, "--options", "-stak=1M").stdout
    assert "K203" in project.run("check", GOOD, "--options", "-stack=1G").stdout
    assert project.run("check", GOOD, "--memory", "some").returncode == 2
    assert project.run("check").returncode == 2


def test_no_image_is_made_of_a_kernel_that_would_be_refused(project, bad, tmp_path):
    output = tmp_path / "made.iso"
    for command in (["image"], ["run"]):
        done = project.run(*command, "--kernel", bad, "--output", output)
        assert done.returncode == 1, done.stdout
        assert "K104 the kernel is not little-endian" in done.stdout
        assert "--no-check" in done.stdout
        assert not output.exists()
    done = project.run("image", "--kernel", bad, "--output", output, "--no-check")
    assert done.returncode == 0 and output.exists(), done.stdout


def test_an_image_is_made_with_a_warning(project, kernel, tmp_path):
    output = tmp_path / "made.iso"
    done = project.run("image", "--kernel", kernel(ld="-z execstack"), "--output", output)
    assert done.returncode == 0 and output.exists(), done.stdout
    assert "K803" in done.stdout and "/build.sh check" in done.stdout


def test_a_machine_too_small_is_not_the_kernels_fault(project, tmp_path):
    """The disc may be for a larger machine; the loader itself will say if it is not."""
    output = tmp_path / "made.iso"
    done = project.run("image", "--options", "-stack=1G", "--output", output)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("option", ["-paging=5", "-smp", "-smp=x2apic", "-video=1x1", "-tsc"])
def test_what_only_the_machine_can_refuse_is_not_refused_before_it(kernel, option):
    """A CPU that --kvm, -cpu or another QEMU gives may have it; the loader looks."""
    assert check(option, kernel())["starts"]


def test_a_warning_says_what_to_type_where_the_user_is(project, kernel, tmp_path):
    """cargo and make call the runner from their own folders, which have no build.sh."""
    program = kernel(ld="-N")  # writable code
    for folder, called in (("/", f"{ROOT}/build.sh"), (ROOT, "./build.sh")):
        told = project.run("wrap", program, "--output", tmp_path / "made", cwd=folder).stdout
        hint = re.search(r"  see (\S+) check (\S+)\n", told)
        assert hint and hint.group(1) == called and (Path(folder) / hint.group(2)).is_file(), told


def test_explain_prints_a_page(project):
    done = project.run("explain", "K107")
    assert done.returncode == 0
    assert done.stdout.startswith("## K107 the program headers lie outside the file\n")
    assert "## K108" not in done.stdout and "readelf" in done.stdout
    assert project.run("explain", "107").stdout == done.stdout
    assert project.run("explain", "k107").stdout == done.stdout


def test_explain_lists_what_there_is(project):
    done = project.run("explain")
    assert done.returncode == 2, done.stdout
    assert len(re.findall(r"^    K\d+  \w", done.stdout, re.MULTILINE)) > 40
    assert done.stdout.splitlines()[-1].startswith("build.sh: explain: name a code")


def test_explain_leads_from_an_exception_to_its_kinds(project):
    """By whatever the explainer, the processor's manual or a user calls it."""
    for names in (
        ("#PF", "PF", "page fault", "Page-Fault", "14", "0xe", "vector 14", "null-page "),
        (
            "#GP",
            "gp",
            "GPF",
            "general protection",
            "13",
            "exception 0x0d",
            "#GP fault",
            "misaligned ",
        ),
        ("double fault", "#DF", "8", "stack-lost "),
        ("triple fault", "Triple Fault", "gate-empty "),
        ("22", "31", "reserved exception", "### exception"),
        ("32", "_start returned", "a CPU's work returned", "### returned"),
    ):
        texts = [project.run("explain", *name.split()).stdout for name in names[:-1]]
        assert {*texts} == {texts[0]} and names[-1] in texts[0], names
    assert project.run("explain", "docs/errors.md#null-page").stdout.startswith("### null-page\n")
    assert project.run("explain", "stack", "overflow").stdout.startswith("### stack-overflow\n")
    both = project.run("explain", "page", "fault", "K107").stdout
    assert both.startswith("#PF page fault, exception 14\n") and "\n## K107 the " in both


def test_every_exception_and_kind_is_in_the_table():
    manual = (ROOT / "docs/errors.md").read_text()
    rows = re.findall(r"^\| ([0-9to ]*) ?\| ([^|]+) \| (\[.*) \|$", manual, re.MULTILINE)
    vectors, kinds = {}, set()
    for numbers, _, links in rows:
        first, _, last = numbers.strip().partition(" to ")
        kinds |= {*re.findall(r"\[([a-z0-9-]+)\]", links)}
        for vector in range(int(first), int(last or first) + 1) if first else ():
            vectors[vector] = links
    assert sorted(vectors) == [*range(33)]
    assert {*re.findall(r"^### ([a-z][a-z0-9-]+)$", manual, re.MULTILINE)} - kinds == {
        "halted-outside"
    }
    for vector, kind, *_ in FAULTS.values():
        assert f"[{kind}]" in vectors[vector], (vector, kind)
    source = (ROOT / "loader/explain/explain.c").read_text()
    for mnemonic, name in re.findall(r'\] = \{ "([^"]*)", "([^"]+)" \}', source):
        named = f"`{mnemonic}` {name}" if mnemonic else "`_start` returned"
        assert named in [title for _, title, _ in rows]


@pytest.mark.parametrize(
    "word, hint",
    [
        ("K999", "; "),
        ("nonsense", "; "),
        ("K", "; "),
        ("nul-page", " (did you mean null-page?)"),
        ("K1O7", "; "),
        ("pagefult", " (did you mean page fault?)"),
        ("33", "; "),
    ],
)
def test_explain_ends_with_its_error(project, word, hint):
    done = project.run("explain", word)
    assert done.returncode == 2, done.stdout
    assert f"there is no {word}{hint}" in done.stdout and len(done.stdout.splitlines()) == 1


def test_a_file_that_cannot_be_read_says_why(project, tmp_path):
    """Nothing is said about the disc's isolinux.cfg, which does not name it."""
    for name, why in (("missing", "No such file"), (".", "is a folder"), ("dev", "Permission")):
        path = tmp_path / name
        if name == "dev":
            if os.geteuid() == 0:
                continue  # root may read everything
            path.touch(mode=0)
        done = project.run("check", path)
        assert done.returncode == 2 and why in done.stdout, done.stdout
        assert "isolinux.cfg" not in done.stdout and len(done.stdout.splitlines()) == 1
        done = project.run("check", "--json", path)
        assert done.returncode == 2
        assert why in json.loads(done.stdout)[0]["findings"][0]["detail"]
