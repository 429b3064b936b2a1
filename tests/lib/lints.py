"""Kernels that boot but will fail later: for each warning of ./build.sh check, code that causes it,
and the same code corrected. Each is given as arguments for the fixture `kernel`."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Lint:
    """A warning, what causes it, and the corrected version."""

    code: str
    bad: dict
    good: dict


CALL = "__attribute__((noinline)) int work(int *a) {{ {0} }}"
START = "int data[4]; void _start(void) { work(data); for (;;); }"


def c(body):
    """A kernel whose function work() does something."""
    return {"body": CALL.format(body), "start": START}


# A leaf function with an array that is too volatile to live in registers.
LEAF = c("volatile int b[4]; b[0] = a[0]; b[1] = a[1]; return b[0] + b[1];")
SSE = c('__asm__ volatile("movups (%0), %%xmm0; movups %%xmm0, (%0)" :: "r"(a) : "memory");'
        " return 0;")  # fmt: skip
SAVES = c('__asm__ volatile("fxsave64 (%0); movups (%0), %%xmm0" :: "r"(a) : "memory"); return 0;')
AVX = c('__asm__ volatile("vmovups (%0), %%ymm0" :: "r"(a) : "memory"); return 0;')
SWITCHES = c('__asm__ volatile("xsetbv; vmovups (%0), %%ymm0" :: "r"(a) : "memory"); return 0;')


def asm(*lines):
    """A kernel whose function work() executes these lines."""
    return c('__asm__ volatile("%s" ::: "rax", "rcx", "rdx"); return a[0];' % "; ".join(lines))


def label(*lines):
    """The same, in a piece of assembly without a type."""
    return {"body": '__asm__(".text; work2: %s; ret");' % "; ".join(lines)}


IFUNC = {
    "body": "static void one(void) {} static void *pick(void) { return one; }"
    ' void f(void) __attribute__((ifunc("pick")));',
    "start": "void _start(void) { f(); for (;;); }",
}
CANARY = {
    "body": "void __stack_chk_fail(void) { for (;;); }\n"
    + CALL.format("volatile int b[4]; b[a[0] & 3] = 1; return b[0];"),
    "start": START,
}

MAGIC = "0xc7b1dd30df4c8b88, 0x0a82e883a194f07b"


def limine(*lines, section=".data"):
    """A kernel in the top 2 GiB with these numbers in one of its sections."""
    words = "; ".join((f".section {section}", ".balign 8", *lines, ".text"))
    return {"body": f'__asm__("{words}");', "ld": "-Ttext-segment=0xffffffff80000000"}


# Requests for the direct map and for the memory map; and the end marker.
HHDM = f".quad {MAGIC}, 0x48dcf1cb8ad2b852, 0x63984e959a98244b, 0, 0"
MEMORY = f".quad {MAGIC}, 0x67cf3d9d378a806f, 0xe304acdfc50c3c62, 0, 0"
END = ".quad 0xadc0e0531bb10d03, 0x9572709f31764c62"
TAG = ".quad 0xf9562b2d5c95a6c8, 0x6a7b384944536bdc, 3"  # the base revision

MULTIBOOT = '__asm__(".section .text.header, \\"ax\\"; {0} .long 0x1badb002, 3, {1}; .text");'
RIGHT = "-(0x1badb002 + 3)"

LINTS = {
    "a Multiboot header with a wrong checksum": Lint(
        "K817", {"body": MULTIBOOT.format(".balign 4;", 0), "ld": "-n"}, {}
    ),
    "a Multiboot header that is misaligned": Lint(
        "K817", {"body": MULTIBOOT.format(".balign 4; .byte 0;", RIGHT), "ld": "-n"}, {}
    ),
    "a Multiboot header that comes too late": Lint(
        "K817", {"body": MULTIBOOT.format(".skip 8192;", RIGHT), "ld": "-n"}, {}
    ),
    "writable code": Lint("K801", {"ld": "-N -z norelro", "body": "int data = 1;"}, {}),
    "a red zone without frame pointers": Lint("K802", LEAF | {"without": "-mno-red-zone"}, LEAF),
    "a red zone below a frame pointer": Lint(
        "K802",
        LEAF | {"flags": "-O0 -fno-omit-frame-pointer", "without": "-mno-red-zone"},
        LEAF | {"flags": "-O0 -fno-omit-frame-pointer"},
    ),
    "an executable stack": Lint("K803", {"ld": "-z execstack"}, {}),
    "an executable stack that only Limine provides": Lint(
        "K803",
        {"ld": "-z execstack"},
        {**limine(HHDM), "ld": "-Ttext-segment=0xffffffff80000000 -z execstack"},
    ),
    "another entry than _start": Lint(
        "K804", {"body": "void other(void) { for (;;); }", "ld": "-e other"}, {}
    ),
    "no _start": Lint("K804", {"start": "void kmain(void) { for (;;); }", "ld": "-e kmain"}, {}),
    "SSE": Lint("K806", SSE, SAVES),
    "AVX": Lint("K807", AVX, SWITCHES),
    "a position-independent kernel without dynamic section": Lint(
        "K808",
        {
            "flags": "-fpie",
            "without": "-fno-pic -fno-pie",
            "ld": "-pie --no-dynamic-linker -T {root}/tests/errors/no_dynamic.ld",
        },
        {"flags": "-fpie", "without": "-fno-pic -fno-pie", "ld": "-pie --no-dynamic-linker"},
    ),
    "large alignment": Lint(
        "K809", {"body": "int data = 1;", "ld": "-z max-page-size=0x200000 -z separate-code"}, {}
    ),
    "zeroes in the file": Lint(
        "K810",
        {"body": 'char zeroes[1 << 17] __attribute__((section(".data")));'},
        {"body": "char zeroes[1 << 17];"},
    ),
    "an indirect function": Lint("K818", IFUNC, {"body": "void f(void) {}"}),
    "an indirect function without symbols": Lint("K818", IFUNC | {"ld": "-s"}, {"ld": "-s"}),
    "a null selector in TR": Lint(
        "K819", asm("xor %%eax, %%eax", "ltr %%ax"), asm("mov $8, %%eax", "ltr %%ax")
    ),
    "a null selector in TR, in assembly": Lint(
        "K819",
        label("mov $0, %ax", "ltr %ax"),
        label("xor %eax, %eax", "jmp 1f", "2: mov $40, %eax", "1: ltr %ax", "jmp 2b"),
    ),
    "an MSR that is not there": Lint(
        "K820",
        asm("mov $0xc000080, %%ecx", "rdmsr", "or $1, %%eax", "wrmsr"),
        asm("mov $0xc0000080, %%ecx", "rdmsr", "or $1, %%eax", "wrmsr"),
    ),
    "an MSR of which only one way knows the number": Lint(
        "K820",
        asm("mov $0xdead, %%ecx", "test %%eax, %%eax", "jz 1f", "wrmsr", "1: nop"),
        asm("mov $0xdead, %%ecx", "jmp 1f", "2: mov $0x1b, %%ecx", "1: rdmsr", "jmp 2b"),
    ),
    "a reserved bit of CR4": Lint(
        "K821",
        asm("mov %%cr4, %%rax", "or $0x8200, %%rax", "mov %%rax, %%cr4"),
        asm("mov %%cr4, %%rax", "or $0x40600, %%rax", "mov %%rax, %%cr4"),
    ),
    "a reserved bit of EFER": Lint(
        "K821",
        asm("mov $0xc0000080, %%ecx", "rdmsr", "bts $9, %%eax", "wrmsr"),
        asm("mov $0xc0000080, %%ecx", "rdmsr", "bts $11, %%eax", "wrmsr"),
    ),
    "paging switched off in 64-bit mode": Lint(
        "K822",
        asm("mov %%cr0, %%rax", "btr $31, %%rax", "mov %%rax, %%cr0"),
        asm("mov %%cr0, %%rax", "btr $30, %%rax", "mov %%rax, %%cr0"),
    ),
    "paging switched off by C": Lint(
        "K822",
        c(
            'unsigned long x; __asm__ volatile("mov %%cr0, %0" : "=r"(x));'
            ' __asm__ volatile("mov %0, %%cr0" :: "r"(x & ~0x80000000UL)); return a[0];'
        ),
        c(
            'unsigned long x; __asm__ volatile("mov %%cr0, %0" : "=r"(x));'
            ' __asm__ volatile("mov %0, %%cr0" :: "r"(x & ~0x4UL)); return a[0];'
        ),
    ),
    "paging switched off in 32-bit code": Lint(
        "K822",
        asm("mov %%cr0, %%rax", "and $0x7fffffff, %%eax", "mov %%rax, %%cr0", "mov %%rax, %%rdx"),
        label(".code32", "mov %cr0, %eax", "and $0x7fffffff, %eax", "mov %eax, %cr0", ".code64"),
    ),
    "no symbols": Lint("K811", {"ld": "-s"}, {}),
    "a stack protector": Lint(
        "K813",
        CANARY | {"flags": "-fstack-protector-all", "without": "-fno-stack-protector"},
        CANARY,
    ),
    "a name of the crate bootloader": Lint(
        "K816", {"body": "void _ZN10bootloader8bootinfo3newE(void) {}"}, {"body": "void f(void) {}"}
    ),
    "a name of the crate bootloader 0.10": Lint(
        "K816", {"body": "void _ZN10bootloader9boot_info3newE(void) {}"}, {}
    ),
    "a Limine request at an odd place": Lint("K815", limine(".long 0", HHDM), limine(HHDM)),
    "a Limine request in a kernel that is linked too low": Lint(
        "K815", {**limine(HHDM), "ld": "-Ttext-segment=0x400000"}, limine(HHDM, section=".rodata")
    ),
    "a Limine request behind the end marker": Lint(
        "K815", limine(HHDM, END, MEMORY), limine(HHDM, MEMORY, END)
    ),
    "a Limine base revision at an odd place": Lint(
        "K815", limine(HHDM, ".long 0", TAG), limine(HHDM, TAG)
    ),
    "a Limine base revision in a kernel that is linked too low": Lint(
        "K815", {**limine(TAG), "ld": "-Ttext-segment=0x400000"}, limine(TAG, section=".rodata")
    ),
    "a Limine marker at an odd place": Lint(
        "K815", limine(HHDM, ".long 0", END), limine(HHDM, ".long 0, 0", END)
    ),
}
