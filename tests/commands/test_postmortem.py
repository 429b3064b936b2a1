"""What is said of a triple fault: which exception came first, where, and why its handler could not
run. A kernel of our own for each mistake."""

import re
import subprocess

import images
import mishaps
import mishaps_frames  # which adds to them
import mishaps_more
import mishaps_state
import pytest

from lib import postmortem
from lib.trial import CRASH, NO_CODE, TIME, Trial

LONGJUMP = images.BUILD / "longjump.elf"
SETTINGS = {"test-success-exit-code": 33, "test-timeout": 20, "test-no-reboot": True}


def trial_of(program, *words, settings=None, options=""):
    """A test of a kernel that is booted without a disc; its status and its last line."""
    command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "64M", "-kernel", LONGJUMP]
    command = [
        *map(str, command),
        "-append",
        options + program.name,
        "-initrd",
        str(program),
        *words,
    ]
    trial = Blind(command, [], None, settings or SETTINGS, program)
    return trial, *trial.run(program.name)


def plain(said):
    """The words without the breaks between lines."""
    return " ".join(said.split())


class Blind(Trial):
    """Explains a triple fault a second time as for KVM, which keeps no log."""

    blind = None

    def _who_reset(self):
        log, self.machine.log = self.machine.log, lambda: ""
        self.blind = postmortem.explain(self.machine, number=self.machine.cpus()[0].number)
        self.machine.log = log
        return super()._who_reset()


def kinds_of(story):
    return tuple(story.said.get("kind", []))


@pytest.mark.parametrize("name", mishaps.MISHAPS)
def test_the_cause_of_a_triple_fault_is_told(name, tmp_path):
    mishap = mishaps.MISHAPS[name]
    program, line = mishap.build(tmp_path, "k")
    trial, status, last = trial_of(program)
    assert status == CRASH and trial.story, last
    said = trial.story.text(program)
    assert said.split("\n")[0].endswith(", and no handler could run"), said
    more = re.search(r"^  more +(.*(\n {14}.*)*)", said, re.MULTILINE)
    assert tuple(re.findall(r"#([a-z0-9-]+)", more[1])) == mishap.kinds, said
    for words in mishap.words:
        assert words in plain(said), said
    blind = trial.blind
    assert blind.is_conclusive != mishap.hidden, blind.text(program)
    assert kinds_of(blind) == mishap.kinds or not blind.is_conclusive, blind.text(program)
    where = re.search(r"^  where +0x[0-9a-f]+ ?(.*)", said, re.MULTILINE)[1]
    if mishap.where and line:
        assert where == f"{mishap.where} (k.asm:{line})", said
    elif mishap.where:
        assert where.startswith(mishap.where), said
    else:
        assert not where.startswith("0x"), f"the address twice\n{said}"


def test_the_words_stand_on_the_terminal_and_in_the_verdict(project, kernel, tmp_path):
    program = kernel("lidt [nothing]", "ud2", "nothing: dw 0", "dq 0")
    said = project.bad("runner", "--test", program, status=CRASH)
    line = said.splitlines()[-1]
    assert line.startswith("test CRASHED: tiny.elf: a triple fault at RIP 0x20"), said
    assert "in _start (tiny.asm:6): Invalid opcode (#UD, exception 6)" in line, said
    assert "Its handler could not run: there is no IDT (its limit is 0)." in line, said
    assert "@longjump-fault" not in said
    said = project.bad("run", "--output", tmp_path / "x.iso", "--kernel", program, status=1)
    assert "the machine reset: a triple fault" in said and "docs/errors.md#idt-limit" in said, said
    assert "@longjump-fault" not in said


def test_a_halt_outside_of_the_kernel_is_told(tmp_path):
    """What is behind the kernel's stack is the boot information, whose first byte is made hlt."""
    body = """_start:
    cli
    mov rsi, rdi
    mov rbx, cr3
    mov cl, 39
level:
    and rbx, ~0xfff
    mov rdx, rsi
    shr rdx, cl
    and edx, 511
    add rbx, [rdi + 48]
    lea rbx, [rbx + rdx * 8]
    btr qword [rbx], 63
    mov rbx, [rbx]
    btr rbx, 63
    sub cl, 9
    cmp cl, 12
    jae level
    mov rax, cr3
    mov cr3, rax
    mov byte [rdi], 0xf4
    jmp rdi
"""
    program, _ = mishaps.Mishap(body, (), (), "").build(tmp_path, "k")
    _, status, last = trial_of(program)
    assert status == NO_CODE and "halted outside the kernel" in last.lower(), last


def test_a_kernel_that_spins_is_found(tmp_path):
    program, _ = mishaps.Mishap("_start:\n cli\nspin:\n jmp spin ; HERE\n", (), (), "spin").build(
        tmp_path, "k"
    )
    trial, status, last = trial_of(program, settings={**SETTINGS, "test-timeout": 8})
    assert status == TIME and "in spin (k.asm:" in last and last.count("interrupts off") == 1, last


HIGH = "-fno-pic -mcmodel=kernel -static -Wl,-Ttext-segment=0xffffffff80000000"
MOVED = "-fpie -pie -Wl,--no-dynamic-linker,-z,text"


def compiled(folder, name, text, how):
    """A kernel from C."""
    source, program = folder / f"{name}.c", folder / f"{name}.elf"
    source.write_text(text)
    flags = f"-ffreestanding -mno-red-zone -O2 -g -nostdlib -I{images.ROOT}/include {how}"
    subprocess.run(["gcc", *flags.split(), "-o", program, source], check=True)
    return program


SPINS = """
#include <longjump.h>
static inline __attribute__((always_inline)) void wait_for(volatile int *what)
{
	while (*what == 0)
		__asm__ volatile("pause"); /* HERE */
}
static volatile int never;
void worker(struct longjump_processor *self)
{
	(void)self;
	__asm__ volatile("cli");
	wait_for(&never);
}
void _start(struct longjump_boot_info *info)
{
	struct longjump_processor *cpus = (void *)(uintptr_t)info->processors;

	for (uint64_t i = 0; i < info->processor_count; i++) {
		if (cpus[i].state == LONGJUMP_PROCESSOR_WAITS)
			cpus[i].start = worker;
	}
	wait_for(&never);
}
"""


def test_of_four_cpus_that_spin_each_is_found(tmp_path):
    program = compiled(tmp_path, "spins", SPINS, HIGH)
    settings = {**SETTINGS, "test-timeout": 10}
    _, status, last = trial_of(program, "-smp", "4", options="-smp ", settings=settings)
    assert status == TIME, last
    line = SPINS.splitlines().index('\t\t__asm__ volatile("pause"); /* HERE */') + 1
    for number in range(4):
        place = rf"wait_for \(spins.c:({line}|{line - 1})\), inlined into (worker|_start) \(spins"
        wanted = rf"CPU {number} is at RIP 0x[0-9a-f]+ in {place}.c:[0-9]+\), with interrupts off"
        assert re.search(wanted, last), last


# The first CPU has nothing wrong with it: another one loads an IDT that is empty.
BREAKS = SPINS.replace(
    '__asm__ volatile("cli");',
    """static const struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} none;

	__asm__ volatile("lidt %0; ud2" ::"m"(none)); /* WRONG */""",
)


@pytest.mark.parametrize(
    ("how", "options"), [(HIGH, "-smp "), (MOVED, "-smp -kaslr ")], ids=["fixed", "kaslr"]
)
def test_a_triple_fault_of_another_cpu_is_explained(tmp_path, how, options):
    program = compiled(tmp_path, "breaks", BREAKS, how)
    trial, status, last = trial_of(program, "-smp", "2", options=options)
    line = BREAKS[: BREAKS.index("WRONG")].count("\n") + 1
    assert status == CRASH and f"in worker (breaks.c:{line})" in last, last
    assert "The kernel executed ud2" in last and "there is no IDT (its limit is 0)" in last, last
    assert (trial.story.number("slide") != 0) == ("-kaslr" in options), last


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (["mov rax, cr4", "bts rax, 15", "mov cr4, rax ; HERE"], "sets a bit of CR4 that this CPU"),
        (["mov rax, top", "mov cr3, rax ; HERE"], "loads CR3 with an invalid address"),
    ],
)
def test_a_control_register_at_which_qemu_stays_is_told(tmp_path, body, words):
    body = "\n ".join(["_start:", *body, "hlt", ""])
    program, line = mishaps.Mishap(body, (), (), "", high=True).build(tmp_path, "k")
    _, status, last = trial_of(program, settings={**SETTINGS, "test-timeout": 8})
    assert status == TIME and f"in _start (k.asm:{line})" in last, last
    assert words in last, last


# So many interrupts that they are not logged any longer.
FLOOD = """_start:
 lidt [idtr]
 own_gdt
 xor eax, eax
 mov ss, ax
 own_tss 103
 gate 0x80, handler
 mov ecx, 20000
flood:
 int 0x80
 loop flood
"""
# Then so many seconds by the clock, in which they may be logged again.
LATER = """ mov ecx, 8
second:
 mov al, 0
 out 0x70, al
 in al, 0x71
 mov bl, al
same:
 pause
 in al, 0x71
 cmp al, bl
 je same
 loop second
"""


def test_after_a_flood_of_interrupts_a_fault_is_explained_from_the_state(tmp_path):
    body = FLOOD + " mov rax, [0x10] ; HERE\nhandler:\n iretq\n"
    program, line = mishaps.Mishap(body, (), (), "").build(tmp_path, "k")
    trial, status, last = trial_of(program)
    assert status == CRASH and f"in flood (k.asm:{line})" in last, last
    assert kinds_of(trial.story) == ("gate-empty", "null-page"), last
    assert "v=0e" not in trial.machine.log()


def test_after_a_flood_of_interrupts_they_are_logged_again(tmp_path):
    body = FLOOD + LATER + " mov ax, 0x20\n ltr ax ; HERE\nhandler:\n iretq\n"
    program, line = mishaps.Mishap(body, (), (), "").build(tmp_path, "k")
    trial, status, last = trial_of(program)
    assert status == CRASH and f"in same (k.asm:{line})" in last, last
    assert kinds_of(trial.story) == ("gate-empty", "selector-wrong"), last
    assert "v=80" in trial.machine.log() and "v=0d" in trial.machine.log()


KINDS = re.compile(r'"([a-z]+-[a-z-]+)"')


def test_each_kind_has_a_section():
    manual = (images.ROOT / "docs/errors.md").read_text()
    sources = sorted((images.ROOT / "loader/postmortem").glob("*.c"))
    kinds = {kind for source in sources for kind in KINDS.findall(source.read_text())}
    assert len(kinds) > 20, kinds
    for kind in kinds:
        assert f"\n### {kind}\n" in manual, kind
