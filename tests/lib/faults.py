"""The first mistakes of the test kernels, and what COM1 and the screen must say about each."""

import time

from told import HALTED, fault_line, plain

# kernel -> exception, kind, and words that must be read both on COM1 and on the screen.
FAULTS = {
    "fault_null_read": (14, "null-page", "read from 0x8", "a null pointer", "RAX = 0x0"),
    "fault_null_write": (14, "null-page", "wrote to 0x8", "append", "build+", "_start+"),
    "fault_null_call": (14, "null-page", "jumped to 0x0", "null pointer", "dispatch+", "_start+"),
    "fault_per_cpu": (14, "null-page", "read from 0x28", "relative to GS, whose base is 0x0"),
    "fault_overflow": (14, "stack-overflow", "a stack overflow", "64 KiB", "recurse+", " times)"),
    "fault_big_array": (14, "stack-overflow", "a stack overflow", "large arrays", "fill+"),
    "fault_underflow": (14, "stack-underflow", "above the top of the stack", "RAX + 0x10"),
    "fault_readonly": (14, "read-only", "the kernel's read-only data (segment 0, r--)"),
    "fault_code_write": (14, "read-only", "the kernel's code (segment 1, r-x)", "not be written"),
    "fault_execute_data": (14, "no-execute", "the kernel's data (segment 2, rw-)", "not be exec"),
    "fault_execute_stack": (14, "no-execute", "in the stack, which may not be executed"),
    "fault_wild_pointer": (14, "not-mapped", "wrote to 0xffffffffdead0000", "nothing is mapped"),
    "fault_past_end": (14, "past-segment", "right after the kernel's data (segment 2, rw-)"),
    "fault_physical": (14, "physical-address", "physical address", "0xffff9000fee00030"),
    "fault_beyond_memory": (14, "beyond-memory", "there is no memory", "RAM ends at 0xf"),
    "fault_own_tables": (14, "not-mapped", "the kernel's own page tables", "0x0 at level 4"),
    "fault_reserved_bit": (14, "reserved-bit", "must be 0: 0x83 at level 4"),
    "fault_own_tss": (14, "null-page", "wrote to 0x10", "a null pointer"),
    "fault_user": (14, "kernel-page", "The program in user mode jumped to", "may not touch"),
    "fault_non_canonical": (13, "non-canonical", "0x1234567890abcdef", "not a canonical address"),
    "fault_return_address": (13, "non-canonical", "not a canonical address", "was overwritten"),
    "fault_misaligned": (13, "misaligned", "a multiple of 16", "it is 8 off"),
    "fault_stale_ss": (13, "selector-missing", "selector 0x10 into SS (iretq)", "2 entries"),
    "fault_gdt_order": (13, "selector-wrong", "0x8 into CS (far return)", "is writable data"),
    "fault_int80": (13, "no-handler", "executed int 0x80", "nothing handles it"),
    "fault_timer": (8, "interrupt", "hardware interrupt", "line 0 of the first PIC, the timer"),
    "fault_double": (8, "handler-lost", "LDTR is 0", "lldt"),
    "fault_lost_stack": (8, "stack-lost", "RSP = 0x5a5a5a5a5a5a5a50 is not a stack"),
    "fault_ud2": (6, "ud2", "executed ud2", "__builtin_unreachable"),
    "fault_opcode": (6, "unknown-instruction", "the CPU does not know"),
    "fault_sse_off": (6, "sse-off", "CR4.OSFXSR (bit 9) is 0", "-mgeneral-regs-only"),
    "fault_avx_off": (6, "avx-off", "CR4.OSXSAVE (bit 18) is 0", "xsetbv"),
    "fault_fpu_off": (7, "fpu-off", "CR0.TS (bit 3) is 1", "clts"),
    "fault_x87": (16, "floating-point", "division by zero", "fldcw"),
    "fault_divide": (0, "divide-by-zero", "divided by zero: the divisor is R"),
    "fault_breakpoint": (3, "breakpoint", "executed int3"),
    "fault_single_step": (1, "single-step", "RFLAGS.TF (bit 8) is 1"),
    "fault_frames": (6, "ud2", "RBP points to no frame"),
    "returns": (32, "returned", "The kernel's _start returned, with RAX = ", "endless loop"),
}


def screen_of(machine, read):
    """What the screen shows once the explanation is drawn: that comes after COM1."""
    deadline = time.monotonic() + 20
    while HALTED not in read() and time.monotonic() < deadline:
        time.sleep(0.1)
    return read()


def check(kernel, machine, said, seen):
    """Compares what COM1 and the screen say with what is known about the kernel."""
    vector, kind, *words = FAULTS[kernel]
    line = fault_line(machine)
    assert (line["vector"], line["kind"]) == (str(vector), kind), said
    for word in words:
        assert plain(word) in plain(said), f"COM1 does not say {word!r}:\n{said}"
        assert plain(word) in plain(seen), f"the screen does not say {word!r}:\n{seen}"
