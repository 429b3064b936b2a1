"""Tiny kernels that stop or loop for ever after they have loaded an IDT, each by a mistake that
kernels are known to make; and what a test's last line must say about each."""

import dataclasses

PRELUDE = """
#include <longjump.h>
struct frame { uint64_t rip, cs, rflags, rsp, ss; };
#pragma pack(1)
struct gate { uint16_t low, cs; uint8_t ist, type; uint16_t mid; uint64_t high; };
struct table { uint16_t limit; uint64_t base; };
static struct gate idt[256];
static volatile int ticks;
static void set_gate(int vector, void *handler)
{
	uint64_t at = (uint64_t)handler;
	idt[vector] = (struct gate){ at, 8, 0, 0x8e, at >> 16, at >> 32 };
}
static void load_idt(void)
{
	struct table table = { sizeof(idt) - 1, (uint64_t)idt };
	__asm__ volatile("lidt %0" : : "m"(table));
}
static inline void out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint8_t in(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}
static void unmask(uint8_t first, uint8_t second)
{
	out(0x20, 0x11), out(0xa0, 0x11), out(0x21, 32), out(0xa1, 40);
	out(0x21, 4), out(0xa1, 2), out(0x21, 1), out(0xa1, 1);
	out(0x21, first), out(0xa1, second);
}
static void wait_for(int count)
{
	while (ticks < count)
		__asm__ volatile("hlt");
}
"""
STI = '__asm__ volatile("sti");'
HALT = 'for (;;) __asm__ volatile("cli; hlt");'
TICK = "__attribute__((interrupt)) void timer(struct frame *frame) { (void)frame; ticks++; %s }"
FAULT = "__attribute__((interrupt)) void fault(struct frame *frame, uint64_t error) { %s }"


@dataclasses.dataclass(frozen=True)
class Hang:
    """A mistake: the kernel, the verdict, and the words that must be read, in this order."""

    text: str
    verdict: str
    words: tuple

    def source(self):
        return PRELUDE + self.text


HANGS = {}


def hang(name, verdict, text, *words):
    HANGS[name] = Hang("\n".join(text), verdict, words)


hang(
    "a handler that ends with ret",
    "ENDED WITHOUT A CODE",
    [
        '__attribute__((naked)) void timer(void) { __asm__("push %rax; mov $0x20, %al;"',
        ' "out %al, $0x20; pop %rax; ret"); }',
        f"void _start(void) {{ set_gate(32, timer); load_idt(); unmask(0xfe, 0xff); {STI}",
        "wait_for(1000); }",
    ],
    "A handler ended with ret",
)
hang(
    "an interrupt without an end",
    "TIMED OUT",
    [
        TICK % "",
        f"void _start(void) {{ set_gate(32, timer); load_idt(); unmask(0xfe, 0xff); {STI}",
        "wait_for(5); }",
    ],
    "in wait_for",
    "IRQ 0 (the timer) is still in service",
    "0x20 to port 0x20",
)
hang(
    "an end for the first of two controllers only",
    "TIMED OUT",
    [
        TICK % "out(0x70, 12); in(0x71); out(0x20, 0x20);",
        "void _start(void) { set_gate(40, timer); load_idt(); unmask(0xfb, 0xfe);",
        "out(0x70, 0x8b); uint8_t was = in(0x71); out(0x70, 0x8b); out(0x71, was | 0x40);",
        f"out(0x70, 12); in(0x71); {STI} wait_for(5); }}",
    ],
    "in wait_for",
    "IRQ 8 (the clock) is still in service",
    "port 0xa0",
)
hang(
    "a timer that is masked",
    "TIMED OUT",
    [
        TICK % "out(0x20, 0x20);",
        f"void _start(void) {{ set_gate(32, timer); load_idt(); unmask(0xff, 0xff); {STI}",
        "wait_for(5); }",
    ],
    "in wait_for",
    "IRQ 0 (the timer) is pending, but its PIC masks it",
)
hang(
    "a lock that the handler wants as well",
    "TIMED OUT",
    [
        "static volatile int lock; static volatile int shared;",
        "__attribute__((noinline)) static void take(volatile int *which)",
        "{ while (__sync_lock_test_and_set(which, 1)) ; }",
        TICK % "take(&lock); shared++; lock = 0; out(0x20, 0x20);",
        f"void _start(void) {{ set_gate(32, timer); load_idt(); unmask(0xfe, 0xff); {STI}",
        "for (;;) { take(&lock); for (int i = 0; i < 1000; i++) shared++; lock = 0; } }",
    ],
    "in take",
    "with interrupts off, in the handler of hardware interrupt 0x20, which came at RIP",
    "in _start",
    "where a lock that is held is not freed meanwhile",
)
hang(
    "a null function whose page fault is handled by halting",
    "ENDED WITHOUT A CODE",
    [
        FAULT % f"(void)frame; (void)error; {HALT}",
        "static void (*volatile none)(void);",
        "void _start(void) { set_gate(14, fault); load_idt(); none(); }",
    ],
    "in fault",
    "in the handler of what came at RIP 0x0: Page fault (#PF, exception 14)",
    "it called or returned to a null pointer",
)
hang(
    "a handler that changes nothing",
    "TIMED OUT",
    [
        FAULT % "(void)frame; (void)error;",
        "void _start(void) { set_gate(14, fault); load_idt(); *(volatile int *)0xdead0000 = 1; }",
    ],
    "in the handler of what came again and again, at RIP",
    "in _start",
    "The kernel wrote to 0xdead0000",
)
hang(
    "the timer in the place of a double fault",
    "ENDED WITHOUT A CODE",
    [
        FAULT % f"(void)frame; (void)error; {HALT}",
        f"void _start(void) {{ set_gate(8, fault); load_idt(); out(0x21, 0xfe); {STI}",
        "wait_for(5); }",
    ],
    "in fault",
    "Hardware interrupt 0x8",
    "line 0 of the first PIC, the timer",
)
hang(
    "an interrupt without a gate, in the handler of what that leads to",
    "ENDED WITHOUT A CODE",
    [
        FAULT % f"(void)frame; (void)error; {HALT}",
        f"void _start(void) {{ set_gate(13, fault); load_idt(); unmask(0xfe, 0xff); {STI}",
        "wait_for(5); }",
    ],
    "in fault",
    "Hardware interrupt 0x20",
    "Its handler could not run: its gate",
    "is empty. So the handler of #GP general protection fault",
)
hang(
    "a division whose gate is not present, in the handler of double faults",
    "ENDED WITHOUT A CODE",
    [
        FAULT % f"(void)frame; (void)error; {HALT}",
        "static volatile int zero;",
        "void _start(void) { set_gate(0, fault); idt[0].type = 14; set_gate(8, fault); load_idt();",
        "zero = 5 / zero; }",
    ],
    "in fault",
    "The kernel divided by zero",
    "is not present",
    "So the handler of #DF double fault",
)
hang(
    "a timer that interrupts one instruction",
    "TIMED OUT",
    [
        TICK % "out(0x20, 0x20);",
        f"void _start(void) {{ set_gate(32, timer); load_idt(); unmask(0xfe, 0xff); {STI}",
        "for (;;) ; }",
    ],
    "in _start (k.c:42) (",
)
hang(
    "a wait in the handler of int",
    "ENDED WITHOUT A CODE",
    [
        TICK % "out(0x20, 0x20);",
        "__attribute__((interrupt)) void call(struct frame *frame) { (void)frame; wait_for(5); }",
        "void _start(void) { set_gate(32, timer); set_gate(128, call); load_idt();",
        f"unmask(0xfe, 0xff); {STI}",
        '__asm__ volatile("int $0x80"); }',
    ],
    "in wait_for",
    "in the handler of int 0x80, which came at RIP",
    "IRQ 0 (the timer) is pending, but interrupts are off",
)
hang(
    "a return to user mode by selectors that there are not",
    "TIMED OUT",
    [
        FAULT % "(void)frame; (void)error;",
        "void _start(void) { set_gate(13, fault); load_idt();",
        '__asm__ volatile("push $0x3b; push $0; push $2; push $0x33; push $0; iretq"); }',
    ],
    "in the handler of what came again and again, at RIP",
    "in _start",
    "The kernel tried to load selector 0x30 into CS (iretq)",
)
hang(
    "the timer in the place of an exception with an error code",
    "TIMED OUT",
    [
        FAULT % "(void)frame; (void)error; out(0x20, 0x20);",
        "void _start(void) { set_gate(8, fault); set_gate(13, fault); load_idt();",
        f"out(0x21, 0xfe); {STI} wait_for(5); }}",
    ],
    "in the handler of what came again and again",
    "iret took its frame one word too late",
    "The first PIC still has the BIOS's vectors, 8 to 15",
)
