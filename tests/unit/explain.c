/* SPDX-License-Identifier: MIT */
/*
 * explain.c - checks what loader/explain promises: faults of a kernel in a simulated machine
 * (world.h), of every exception and at every kind of address, and what is said about them.
 */
#include "faults.h"

#include "explain/decode.h"
#include "explain/frame.h"
#include "explain/overwritten.h"
#include "explain/show.h"
#include "protocols/bootloader09/bootloader09.h"

static char text_buffer[16384];

/* --- page faults --- */

TEST("the null page is recognised for reading, writing and executing")
{
	begin_fault(VECTOR_PAGE);
	expect_page(0, 0, "null-page", "The kernel read from 0x0, in the null page");
	expect_page(8, 2, "null-page",
	            "wrote to 0x8, in the null page, which is never mapped: a null "
	            "pointer, with an offset added");
	expect_page(0xfff, 16, "null-page", "jumped to 0xfff, in the null page");
	expect_page(0x1000, 0, "physical-address", "0x1000");
}

TEST("the stack's guard page, and what lies below it, is a stack overflow")
{
	begin_fault(VECTOR_PAGE);
	expect_page(marks->stack.begin - 1, 2, "stack-overflow",
	            "a stack overflow. The stack has 64 KiB");
	expect_page(marks->stack.begin - PAGE_SIZE, 0, "stack-overflow", "below the stack");
	expect_page(marks->stack.begin - MIB, 0, "not-mapped", "nothing is mapped");
	fault.registers[RSP] = marks->stack.begin - MIB;
	expect_page(marks->stack.begin - MIB - 8, 2, "stack-overflow", "a stack overflow");
}

TEST("what is above the stack is described as that")
{
	begin_fault(VECTOR_PAGE);
	expect_page(marks->stack.end, 0, "stack-underflow", "above the top of the stack");
}

TEST("a write to what may only be read names the segment")
{
	begin_fault(VECTOR_PAGE);
	expect_page(CONST + 0x12, 3, "read-only",
	            "in the kernel's read-only data (segment 1, r--), which may not be written");
	expect_page(CODE, 3, "read-only", "in the kernel's code (segment 0, r-x)");
}

TEST("a jump into what may not be executed names the place")
{
	begin_fault(VECTOR_PAGE);
	expect_page(DATA + 8, 17, "no-execute",
	            "jumped to 0xffffffff80003008, in the kernel's data (segment 2, rw-)");
	expect_page(marks->stack.end - 8, 17, "no-execute", "in the stack");
	expect_page(marks->boot_info.begin, 17, "no-execute", "in the boot information");
	expect_page(marks->direct_map.begin + 0x1234, 17, "no-execute",
	            "in the direct map, at physical 0x1234");
	expect_page(marks->resident.end - 8, 17, "no-execute", "Longjump's own");
}

TEST("user mode may not touch the kernel's pages")
{
	begin_fault(VECTOR_PAGE);
	fault.cs = 0x23;
	expect_page(CODE, 5, "kernel-page", "The program in user mode read from");
}

TEST("what is right after a segment is described as that")
{
	begin_fault(VECTOR_PAGE);
	expect_page(END, 2, "past-segment", "right after the kernel's data (segment 2, rw-)");
	expect_page(END + 0x20, 2, "past-segment", "0x20 bytes after the kernel's data");
	expect_page(END + MIB, 2, "not-mapped", "nothing is mapped");
}

TEST("memory that does not exist is described as that")
{
	begin_fault(VECTOR_PAGE);
	expect_page(marks->direct_map.begin + 64 * GIB, 2, "beyond-memory",
	            "physical 0x1000000000 in the direct map");
	EXPECT_PART(said.happened, "RAM ends at 0x1000000");
}

TEST("a physical address is shown where it is mapped")
{
	begin_fault(VECTOR_PAGE);
	expect_page(0xfee00000, 0, "physical-address", "it is at 0xffff9000fee00000");
}

TEST("a fault of a kernel for the crate bootloader is explained in the crate's words")
{
	begin_fault_by(&bootloader09_protocol, "bootloader-0.9,map_physical_memory", VECTOR_PAGE);
	expect_page(marks->boot_info.begin, 21, "kernel-page", "in the BootInfo");
	expect_page(marks->direct_map.begin + 0x1234, 21, "kernel-page",
	            "in the mapping of physical memory, at physical 0x1234");
	expect_page(0xfee00000, 0, "physical-address", "it is at 0x180fee00000");
	EXPECT_PART(said.cause, "boot_info.physical_memory_offset");
	expect_page(marks->stack.begin - 1, 2, "stack-overflow", "The stack has 2 MiB");
	EXPECT_PART(said.cause, "kernel-stack-size");
	expect_page(END, 2, "past-segment", "right after");
	EXPECT_PART(said.cause, "use the mapping of physical memory");
	fault.cr4 = 0x60;
	fault.vector = VECTOR_OPCODE;
	INSTRUCTION(0x0f, 0x28, 0xc1); /* movaps xmm0, xmm1 */
	expect_words("sse-off", "CR4.OSFXSR (bit 9) is 0");
	EXPECT_PART(said.cause, "feature sse");
	begin_fault_by(&bootloader09_protocol, "bootloader-0.9", VECTOR_PAGE);
	expect_page(0xfee00000, 0, "physical-address", "has not asked for physical memory");
	EXPECT_PART(said.cause, "feature map_physical_memory");
}

TEST("a missing table is described by what it would map")
{
	begin_fault_by(&bootloader09_protocol, "bootloader-0.9,recursive_page_table", VECTOR_PAGE);
	expect_page(UINT64_C(0x8000000000) + (UINT64_C(0x444444440000) >> 9), 0, "page-table",
	            "entry 1 of the top level. The table for 0x444444440000 does");
	expect_page(UINT64_C(0x8040000000) + (UINT64_C(0x444444440000) >> 18 & ~7ULL), 2,
	            "page-table", "The table for 0x444444400000 does");
	expect_page(UINT64_C(0x8000000000) + (UINT64_C(0xffffdeadbeef) >> 12 << 3), 0, "page-table",
	            "The table for 0xffffffffdeadb000 does");
}

TEST("any other address is just not mapped")
{
	begin_fault(VECTOR_PAGE);
	expect_page(UINT64_C(0x123456789000), 0, "not-mapped", "where nothing is mapped.");
	expect_page(UINT64_MAX, 2, "not-mapped", "wrote to 0xffffffffffffffff");
}

TEST("page tables that the kernel made are told apart from those that it was given")
{
	begin_fault(VECTOR_PAGE);
	fault.cr3 = 0x3000;
	memset(world.memory + 0x3000, 0, PAGE_SIZE);
	expect_page(0x500000, 0, "not-mapped",
	            "own page tables (CR3 = 0x3000) have 0x0 at level 4");
	fault.cr3 = UINT64_C(0x000ffffffffff000);
	expect_page(0x500000, 0, "not-mapped", "own page tables");
}

TEST("bits that must be 0 are shown")
{
	begin_fault(VECTOR_PAGE);
	fault.cr3 = 0x3000;
	memset(world.memory + 0x3000, 0xff, PAGE_SIZE);
	expect_page(0x500000, 9, "reserved-bit", "0xffffffffffffffff at level 4");
}

TEST("a page that is mapped after all hints at the TLB")
{
	begin_fault(VECTOR_PAGE);
	expect_page(DATA, 0, "stale-tlb", "is mapped now");
	expect_page(DATA, 3, "stale-tlb", "allows that now");
}

TEST("protection keys and shadow stacks are named")
{
	begin_fault(VECTOR_PAGE);
	expect_page(DATA, 0x21, "protected-page", "a protection key forbids");
	expect_page(DATA, 0x41, "protected-page", "a shadow stack forbids");
}

TEST("SMEP and SMAP are named")
{
	uint64_t *entry;

	begin_fault(VECTOR_PAGE);
	fault.cr3 = 0x3000; /* one page of 2 MiB, for user mode, at 4 MiB */
	memset(world.memory + 0x3000, 0, 3 * PAGE_SIZE);
	entry = (uint64_t *)(void *)(world.memory + 0x3000);
	entry[0] = 0x4007;
	entry[512] = 0x5007;
	entry[1024 + 2] = 0x400087;
	expect_page(0x400000, 1, "user-page", "SMAP keeps the kernel from touching");
	expect_page(0x400000, 17, "user-page", "SMEP keeps the kernel from executing");
}

TEST("the registers that an address came from are shown")
{
	begin_fault(VECTOR_PAGE);
	INSTRUCTION(0x48, 0x8b, 0x43, 0x10); /* mov rax, [rbx + 0x10] */
	expect_page(0x10, 0, "null-page", "The address came from RBX + 0x10, with RBX = 0x0.");
	INSTRUCTION(0x4a, 0x89, 0x4c, 0xe5, 0xf8); /* mov [rbp + r12 * 8 - 8], rcx */
	fault.registers[RBP] = 0x1000;
	fault.registers[12] = 2;
	expect_page(0x1008, 2, "physical-address",
	            "came from RBP and R12 - 0x8, with RBP = 0x1000, R12 = 0x2.");
	INSTRUCTION(0x65, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0); /* mov rax, gs:[0x28] */
	expect_page(0x28, 0, "null-page", "relative to GS, whose base is 0x0.");
	INSTRUCTION(0x48, 0xa1); /* something without ModRM */
	expect_page(0x28, 0, "null-page", "with an offset added.");
}

TEST("5 levels of tables are walked")
{
	begin_fault(VECTOR_PAGE);
	world.config.options.paging_levels = 5;
	set_scratch(world.size - MIB, world.size);
	expect_plan();
	carry_out((const struct launch *)world.boot.launch, world.memory);
	marks = (const struct fault_info *)(const void *)(world.memory
	                                                  + world.boot.plan.fault_info_at);
	look.marks = marks;
	fault.cr3 = marks->kernel_tables;
	fault.cr4 |= CR4_LA57;
	EXPECT(look_canonical(&look, UINT64_C(0x00ff800000000000)));
	EXPECT(!look_canonical(&look, UINT64_C(0x0100000000000000)));
	expect_page(CONST + 0x12, 3, "read-only", "read-only data (segment 1, r--)");
}

/* --- protection faults --- */

/* A protection fault of the instruction at main+0x10. */
static void expect_protection(uint64_t error, const char *kind, const char *part)
{
	fault.vector = fault.vector == VECTOR_PAGE ? VECTOR_PROTECTION : fault.vector;
	fault.has_error = 1;
	fault.error = error;
	expect_words(kind, part);
}

TEST("a selector beyond the end of the GDT is reported, with its register")
{
	begin_fault(VECTOR_PROTECTION);
	fault.gdt = (struct fault_table){ 15, DATA };
	INSTRUCTION(0x8e, 0xd0); /* mov ss, eax */
	expect_protection(0x10, "selector-missing", "selector 0x10 into SS. The kernel's GDT ends");
	INSTRUCTION(0x48, 0xcf); /* iretq */
	put_stack(1, 8);
	put_stack(4, 0x10);
	expect_protection(0x10, "selector-missing", "into SS (iretq)");
	put_stack(1, 0x10);
	expect_protection(0x10, "selector-missing", "into CS (iretq)");
	INSTRUCTION(0x48, 0xcb); /* retfq */
	expect_protection(0x10, "selector-missing", "into CS (far return)");
	INSTRUCTION(0x0f, 0x00, 0xd8); /* ltr ax */
	expect_protection(0x28, "selector-missing", "into TR (ltr)");
	INSTRUCTION(0x0f, 0xa1); /* pop fs */
	expect_protection(0x28, "selector-missing", "into FS");
	expect_protection(0x2c, "selector-missing", "Bit 2 makes it one of the LDT");
	fault.ldt = 0;
	expect_protection(0x2c, "selector-missing", "an LDT, and none is loaded");
}

TEST("a selector whose entry is of the wrong kind is reported, with the entry")
{
	static const uint64_t gdt[] = { 0, 0x00cf93000000ffff, 0x00af9b000000ffff,
		                        0, 0x00cf9b000000ffff, 0x0000890000000067 };
	static const char *const names[] = { "",      "writable data", "64-bit code",
		                             "empty", "32-bit code",   "an available TSS" };

	begin_fault(VECTOR_PROTECTION);
	fault.gdt = (struct fault_table){ sizeof(gdt) - 1, DATA };
	memcpy(see(DATA), gdt, sizeof(gdt));
	INSTRUCTION(0x48, 0xcb);
	for (unsigned i = 1; i < COUNT(gdt); i++)
		expect_protection(8 * i, "selector-wrong", names[i]);
	fault.gdt.base = 0x1000;
	expect_protection(8, "selector-missing", "cannot be read");
	fault.vector = VECTOR_NOT_PRESENT;
	fault.gdt.base = DATA;
	memset(see(DATA + 8), 1, 8);
	expect_protection(8, "selector-wrong", "not present (bit 47 is 0)");
}

TEST("interrupts without a handler are told apart from those of hardware")
{
	begin_fault(VECTOR_PROTECTION);
	INSTRUCTION(0xcd, 0x80);
	expect_protection(0x402, "no-handler", "executed int 0x80, and nothing handles it");
	INSTRUCTION(0x66, 0x48, 0xcd, 0x81); /* with prefixes that change nothing */
	expect_protection(0x40a, "no-handler", "executed int 0x81, and nothing handles it");
	INSTRUCTION(0xcd, 0x0d);
	fault.cs = 0x1b;
	expect_protection(0x6a, "interrupt-forbidden", "int 0xd, which it is not allowed to");
	fault.cs = 8;
	INSTRUCTION(0xf4);
	expect_protection(0x383, "interrupt", "A hardware interrupt came");
}

TEST("addresses that are not canonical are found wherever they come from")
{
	begin_fault(VECTOR_PROTECTION);
	fault.registers[RBX] = UINT64_C(0x8000000000000000);
	INSTRUCTION(0x8b, 0x03); /* mov eax, [rbx] */
	expect_protection(0, "non-canonical", "0x8000000000000000 as the address of memory");
	INSTRUCTION(0xff, 0xe3); /* jmp rbx */
	expect_protection(0, "non-canonical", "as the target of a jump or call");
	INSTRUCTION(0xc3); /* ret */
	put_stack(0, UINT64_C(0x4141414141414141));
	expect_protection(0, "non-canonical", "0x4141414141414141 as the address to return to");
	INSTRUCTION(0x48, 0xcf); /* iretq */
	expect_protection(0, "non-canonical", "0x4141414141414141");
	INSTRUCTION(0xf3, 0xa4); /* rep movsb */
	fault.registers[RDI] = UINT64_C(0x7fff800000000000);
	expect_protection(0, "non-canonical", "memory. That is not a canonical address");
	EXPECT_PART(said.happened, "came from RDI, with RDI = 0x7fff800000000000.");
	fault.registers[RDI] = 0;
	fault.vector = VECTOR_STACK;
	fault.registers[RSP] = UINT64_C(0x1000000000000000);
	INSTRUCTION(0x50); /* push rax */
	expect_protection(0, "non-canonical", "as its stack pointer");
	fault.registers[RSP] = 0;
	fault.rip = UINT64_C(0x4242424242424242);
	expect_protection(0, "non-canonical", "as the address of its next instruction");
}

TEST("SSE operands that are not aligned are found")
{
	begin_fault(VECTOR_PROTECTION);
	INSTRUCTION(0x0f, 0x29, 0x44, 0x24, 0x08); /* movaps [rsp + 8], xmm0 */
	expect_protection(0, "misaligned", "a multiple of 16 (SSE; it is 8 off)");
	EXPECT_PART(said.cause, "The stack is misaligned");
	INSTRUCTION(0x66, 0x0f, 0x6f, 0x03); /* movdqa xmm0, [rbx] */
	fault.registers[RBX] = DATA + 4;
	expect_protection(0, "misaligned", "it is 4 off");
	EXPECT_PART(said.cause, "_Alignas(16)");
	INSTRUCTION(0xf3, 0x0f, 0x6f, 0x03); /* movdqu does not mind */
	expect_protection(0, "protection", "no further reason");
}

TEST("what the CPU refuses in its own registers is shown")
{
	begin_fault(VECTOR_PROTECTION);
	fault.registers[RCX] = 0xc0000080;
	fault.registers[RAX] = 1;
	fault.registers[RDX] = 2;
	INSTRUCTION(0x0f, 0x30);
	expect_protection(0, "msr", "wrote to MSR 0xc0000080 the value 0x200000001");
	INSTRUCTION(0x0f, 0x32);
	expect_protection(0, "msr", "read MSR 0xc0000080, which");
	INSTRUCTION(0x0f, 0x22, 0xe0); /* mov cr4, rax */
	expect_protection(0, "control-register", "wrote 0x1 to CR4");
	INSTRUCTION(0x0f, 0x01, 0xd1);
	fault.registers[RCX] = 0;
	expect_protection(0, "xsetbv", "to XCR0");
}

TEST("an empty frame under iretq is reported")
{
	begin_fault(VECTOR_PROTECTION);
	INSTRUCTION(0x48, 0xcf);
	put_stack(0, CODE);
	put_stack(1, 0);
	expect_protection(0, "null-selector", "loaded 0 into CS from the stack, with iretq");
}

TEST("privileged instructions are reported in user mode only")
{
	begin_fault(VECTOR_PROTECTION);
	fault.cs = 0x23;
	INSTRUCTION(0xf4);
	expect_protection(0, "privileged", "The program in user mode executed an instruction that");
	INSTRUCTION(0x0f, 0x22, 0xd8);
	expect_protection(0, "privileged", "only the kernel may");
	fault.cs = 8;
	INSTRUCTION(0xf4);
	expect_protection(0, "protection", "The kernel did something that the CPU does not allow");
}

/* --- all others --- */

TEST("each kind of unknown instruction has its words")
{
	begin_fault(VECTOR_OPCODE);
	INSTRUCTION(0x0f, 0x0b);
	expect_words("ud2", "executed ud2");
	INSTRUCTION(0x06);
	expect_words("unknown-instruction", "does not know");
	fault.cr4 &= ~(uint64_t)CR4_OSFXSR;
	INSTRUCTION(0xf3, 0x0f, 0x10, 0x00); /* movss */
	expect_words("sse-off", "CR4.OSFXSR (bit 9) is 0");
	fault.cr0 |= CR0_EM;
	expect_words("sse-off", "CR0.EM (bit 2) is 1");
	INSTRUCTION(0xc5, 0xf8, 0x77); /* vzeroupper */
	expect_words("avx-off", "CR4.OSXSAVE (bit 18) is 0");
	fault.cr4 |= CR4_OSXSAVE;
	expect_words("avx-off", "XCR0");
	INSTRUCTION(0x62, 0xf1, 0x7c, 0x48, 0x28, 0x03); /* vmovaps zmm0, [rbx] */
	expect_words("avx-off", "XCR0");
	INSTRUCTION(0x0f, 0x05);
	expect_words("syscall-off", "EFER.SCE (bit 0) is 0");
	INSTRUCTION(0xf0, 0x90);
	expect_words("lock", "lock prefix");
	memset(see(fault.rip), 0xff, INSTRUCTION_MAX);
	expect_words("no-code", "bytes that are not code");
}

TEST("reserved bits of MXCSR are found wherever it is loaded from")
{
	static const struct {
		uint8_t code[4];
		unsigned at, features;
		const char *kind;
	} loads[] = {
		{ { 0x0f, 0xae, 0x13 }, 0, 0, "mxcsr" },        /* ldmxcsr [rbx] */
		{ { 0xc5, 0xf8, 0xae, 0x13 }, 0, 0, "mxcsr" },  /* vldmxcsr [rbx] */
		{ { 0x0f, 0xae, 0x0b }, 24, 0, "mxcsr" },       /* fxrstor [rbx] */
		{ { 0x48, 0x0f, 0xae, 0x0b }, 24, 0, "mxcsr" }, /* fxrstor64 [rbx] */
		{ { 0x0f, 0xae, 0x2b }, 24, 2, "mxcsr" },       /* xrstor [rbx] */
		{ { 0x0f, 0xae, 0x2b }, 24, 4, "mxcsr" },       /* of AVX */
		{ { 0x0f, 0xc7, 0x1b }, 24, 7, "mxcsr" },       /* xrstors [rbx] */
		{ { 0x0f, 0xae, 0x2b }, 24, 1, "protection" },  /* of x87 only */
		{ { 0x0f, 0xae, 0x1b }, 0, 0, "protection" },   /* stmxcsr [rbx] */
		{ { 0x0f, 0xae, 0x0b }, 0, 0, "protection" },   /* not where MXCSR is */
	};
	static const uint32_t value = 0x5a001f80;

	for (unsigned i = 0; i < COUNT(loads); i++) {
		begin_fault(VECTOR_PROTECTION);
		fault.registers[RBX] = DATA;
		fault.registers[RAX] = loads[i].features;
		memset(see(DATA), 0, 64);
		memcpy(see(DATA + loads[i].at), &value, sizeof(value));
		memcpy(see(fault.rip), loads[i].code, sizeof(loads[i].code));
		expect_protection(0, loads[i].kind,
		                  loads[i].kind[0] == 'm' ? "loaded 0x5a001f80 into MXCSR" : "");
	}
}

TEST("the FPU that is off has its words")
{
	begin_fault(VECTOR_NO_FPU);
	fault.cr0 |= CR0_TS;
	expect_words("fpu-off", "CR0.TS (bit 3) is 1");
	fault.cr0 = 0x80010037;
	expect_words("fpu-off", "CR0.EM (bit 2) is 1");
}

TEST("a divisor of zero is named")
{
	begin_fault(VECTOR_DIVIDE);
	INSTRUCTION(0xf7, 0xf1); /* div ecx */
	fault.registers[RCX] = UINT64_C(0x100000000);
	expect_words("divide-by-zero", "divided by zero: the divisor is RCX.");
	INSTRUCTION(0x49, 0xf7, 0xf8); /* idiv r8 */
	expect_words("divide-by-zero", "R8");
	fault.registers[8] = 3;
	expect_words("divide", "a quotient that its register cannot hold");
	INSTRUCTION(0xf7, 0x33); /* div dword [rbx] */
	fault.registers[RBX] = DATA;
	memset(see(DATA), 0, 4);
	expect_words("divide-by-zero", "divided by zero.");
}

TEST("a double fault is explained with its reason")
{
	begin_fault(VECTOR_DOUBLE);
	fault.has_error = 1;
	expect_words("double-fault", "a second one before its handler could run");
	fault.ldt = 0;
	expect_words("handler-lost", "LDTR is 0");
	fault.registers[RSP] = marks->stack.begin;
	expect_words("stack-overflow", "RSP is at the low end of the stack, which has 64 KiB");
	fault.registers[RSP] = UINT64_C(0x5000000000);
	expect_words("stack-lost", "nothing is mapped there");
	fault.registers[RSP] = UINT64_C(0x5a5a5a5a5a5a5a5a);
	expect_words("stack-lost", "it is not canonical");
}

TEST("an interrupt in place of an exception is recognised by its frame")
{
	begin_fault(VECTOR_DOUBLE);
	fault.interrupts = 1;
	expect_words("interrupt", "line 0 of the first PIC, the timer");
	EXPECT_PART(said.name, "interrupt");
	fault.vector = 9;
	expect_words("interrupt", "the keyboard");
	fault.vector = 13;
	expect_words("interrupt", "line 5");
	fault.vector = VECTOR_PAGE;
	memcpy(see(fault.rip - 2), "\xcd\x0e", 2);
	expect_words("software-interrupt", "executed int 0xe");
}

TEST("every vector has a name and words")
{
	for (unsigned vector = 0; vector <= VECTOR_RETURNED + 1; vector++) {
		begin_fault(vector);
		fault.has_error = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
		explain(&look, &said);
		EXPECT(said.kind != NULL && said.kind[0] != 0);
		EXPECT(said.name[0] != 0);
		EXPECT(strlen(said.happened) > 20 && strlen(said.cause) > 20);
		EXPECT(strlen(said.happened) < sizeof(said.happened) - 1);
	}
}

TEST("single steps, breakpoints, NMI, machine checks, flags and returning have their words")
{
	begin_fault(VECTOR_DEBUG);
	expect_words("debug", "hardware breakpoint");
	fault.dr6 = 1 << 14;
	expect_words("single-step", "RFLAGS.TF");
	fault.vector = VECTOR_BREAKPOINT;
	expect_words("breakpoint", "int3");
	fault.vector = VECTOR_NMI;
	expect_words("nmi", "non-maskable");
	fault.vector = VECTOR_MACHINE;
	fault.machine_bank = 4;
	fault.machine_status = UINT64_C(0xbd00000000000134);
	fault.machine_address = 0x12345000;
	expect_words("machine-check", "bank 4, status 0xbd00000000000134, at 0x12345000");
	fault.vector = VECTOR_SSE;
	fault.mxcsr = 0x1d04;
	expect_words("floating-point",
	             "SSE computation that MXCSR does not allow: division by zero.");
	fault.vector = VECTOR_FPU;
	fault.fpu_status = 0x21;
	expect_words("floating-point", "invalid operation, inexact result.");
	fault.vector = VECTOR_ALIGNMENT;
	fault.has_error = 1;
	expect_words("alignment", "misaligned");
	fault.vector = VECTOR_RETURNED;
	fault.registers[RAX] = 7;
	expect_words("returned", "_start returned, with RAX = 0x7");
}

/* --- places and traces --- */

TEST("places have names")
{
	char name[100];
	struct text text = text_in(name, sizeof(name));
	struct place place;

	begin_fault(VECTOR_OPCODE);
	place = place_of(&look, CODE + 0x1ff);
	EXPECT_TEXT(place.name, "helper");
	EXPECT_EQUAL(place.offset, 0xff);
	place_write(&text, &place);
	EXPECT_TEXT(name, "helper+0xff");
	EXPECT_TEXT(place_of(&look, CODE + 0x200).name, "main");
	EXPECT_TEXT(place_of(&look, CODE).name, "");  /* before the first symbol */
	EXPECT_TEXT(place_of(&look, CONST).name, ""); /* the last one is in another segment */
	EXPECT_TEXT(place_of(&look, DATA + 100).name, "counter");
	EXPECT_TEXT(place_of(&look, END).name, "");
}

TEST("frames are followed, and recursion is counted")
{
	uint64_t frame;

	begin_fault(VECTOR_OPCODE);
	INSTRUCTION(0x0f, 0x0b);
	frame = marks->stack.end - 0x80;
	fault.registers[RBP] = frame;
	for (unsigned i = 0; i < 3; i++, frame += 16) {
		memcpy(see(frame), &(uint64_t){ frame + 16 }, 8);
		memcpy(see(frame + 8), &(uint64_t){ CODE + 0x120 }, 8);
	}
	memcpy(see(frame), &(uint64_t){ 0 }, 8);
	memcpy(see(frame + 8), &(uint64_t){ CODE + 0x200 }, 8);
	explain(&look, &said);
	EXPECT_EQUAL(said.trace.count, 2);
	EXPECT_EQUAL(said.trace.steps[0].times, 3);
	EXPECT_TEXT(said.trace.steps[0].place.name, "helper");
	EXPECT_EQUAL(said.trace.steps[0].place.offset, 0x20);
	/* A call at the very end of helper returns to where main begins. */
	EXPECT_TEXT(said.trace.steps[1].place.name, "helper");
	EXPECT(!said.trace.guessed && !said.trace.lost);
}

TEST("no frame is believed")
{
	static const uint64_t bad[] = {
		1, 8, 0x1000, UINT64_C(0x8000000000000000), UINT64_MAX, UINT64_MAX - 7, CODE, CONST
	};

	for (unsigned i = 0; i < COUNT(bad); i++) {
		begin_fault(VECTOR_OPCODE);
		memset(see(fault.registers[RSP]), 0, 0x100);
		fault.registers[RBP] = bad[i];
		explain(&look, &said);
		EXPECT_EQUAL(said.trace.count, 0);
	}
	begin_fault(VECTOR_OPCODE); /* a frame that points at itself */
	fault.registers[RBP] = marks->stack.end - 0x80;
	memcpy(see(fault.registers[RBP]), &fault.registers[RBP], 8);
	memcpy(see(fault.registers[RBP] + 8), &(uint64_t){ CODE + 0x120 }, 8);
	explain(&look, &said);
	EXPECT_EQUAL(said.trace.count, 1);
	EXPECT_EQUAL(said.trace.steps[0].times, 1);
}

TEST("without frame pointers the stack is searched for what follows a call")
{
	begin_fault(VECTOR_OPCODE);
	memset(see(fault.registers[RSP]), 0, 0x100);
	memset(see(CODE + 0x110), 0x90, 0x20);
	memset(see(CODE + 0x11b), 0xe8, 1); /* call, up to 0x120 */
	put_stack(3, CODE + 0x120);
	put_stack(5, CODE + 0x118); /* no call before it */
	explain(&look, &said);
	EXPECT_EQUAL(said.trace.count, 1);
	EXPECT(said.trace.guessed);
	EXPECT_EQUAL(said.trace.steps[0].place.address, CODE + 0x120);
}

TEST("symbols that find no room are left out, with a warning, and the kernel boots")
{
	static struct named many[20000];

	for (unsigned i = 0; i < COUNT(many); i++)
		many[i] = (struct named){ "a_name", CODE + 0x10, ELF_STT_FUNC, false };
	begin_world(16 * MIB);
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, CODE, 6000, 6000);
	elf_head->entry = CODE + 0x10;
	add_symbols(many, COUNT(many));
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_plan();
	EXPECT_EQUAL(world.boot.plan.fault_info.symbol_count, 0);
	EXPECT_EQUAL(world.report.count, 1);
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_SYMBOLS_LEFT_OUT);
	EXPECT(!world.report.findings[0].refusal);
}

/* What is said about zeroed memory at 0x1000 in which some bytes have changed. */
static const char *said_of(size_t at, const char *bytes, size_t size)
{
	static uint8_t was[64], now[64];
	static char words[200];
	struct text text = text_in(words, sizeof(words));

	memset(now, 0, sizeof(now));
	memcpy(now + at, bytes, size);
	words[0] = 0;
	overwritten_write(&text, 0x1000, (struct span){ was, 64 }, (struct span){ now, 64 });
	return words;
}

TEST("overwritten memory is shown as what it looks like")
{
	EXPECT_TEXT(said_of(8, "", 0), "");
	EXPECT_TEXT(said_of(8, "hello, world", 12),
	            "Bytes 0x1008 to 0x1013 of physical memory hold text now: \"hello, world\".");
	EXPECT_TEXT(said_of(0, "\x55\x55\x55\x55\x55", 5),
	            "Bytes 0x1000 to 0x1004 of physical memory are all 0x55 now.");
	EXPECT_TEXT(said_of(60, "\1\2\3\4", 4),
	            "Bytes 0x103c to 0x103f of physical memory hold now: 01 02 03 04.");
	EXPECT_TEXT(
		said_of(1, "\1\2\3\4\5\6\7\10\11\12", 10),
		"Bytes 0x1001 to 0x100a of physical memory hold now: 01 02 03 04 05 06 07 08 ...");
}

TEST("symbols that the kernel has overwritten do no harm")
{
	uint64_t state = 1;

	begin_fault(VECTOR_OPCODE);
	for (unsigned round = 0; round < 50; round++) {
		uint8_t *table = world.memory + (uintptr_t)marks->symbols;

		for (unsigned i = 0; i < marks->symbol_count * 16; i++)
			table[i] = (uint8_t)check_random(&state);
		explain(&look, &said);
	}
}

TEST("any registers at all are explained without a false step")
{
	uint64_t state = 7;

	begin_fault(VECTOR_PAGE);
	for (unsigned round = 0; round < 3000; round++) {
		uint64_t *words = (uint64_t *)(void *)&fault;
		uint64_t good[4] = { marks->kernel_tables, CODE + 0x210, marks->stack.end - 64,
			             DATA };

		for (size_t i = 0; i < sizeof(fault) / 8; i++) {
			uint64_t kind = check_below(&state, 3);

			words[i] = kind == 0 ? check_random(&state)
			         : kind == 1 ? good[check_below(&state, 4)]
			                     : check_below(&state, 64);
		}
		fault.vector = check_below(&state, 34);
		if (round % 2 == 0)
			fault.cr3 = marks->kernel_tables;
		if (round % 4 == 0) {
			struct text text = text_in(text_buffer, sizeof(text_buffer));

			fault.cr4 = 0x660;
			fault.long_mode_off = fault.code32 = 0;
			fault.rip = CODE + 0x210;
			*(uint64_t *)see(fault.rip) = check_random(&state);
			explain(&look, &said);
			show_report(&text, &look, &said);
		}
		explain(&look, &said);
	}
}

/* --- 32-bit code --- */

TEST("without paging every address below 4 GiB is what it is")
{
	struct page page;

	CODE32(VECTOR_OPCODE, "\x0f\x0b");
	page = look_up(&look, UINT64_C(0xfedcba98));
	EXPECT(page.mapped && page.write && page.execute);
	EXPECT_EQUAL(page.physical, 0xfedcba98);
	expect_words("ud2", "executed ud2");
}

TEST("pages of every size are looked up, with the rights that all levels grant")
{
	uint64_t *top;

	begin_fault(VECTOR_PAGE);
	EXPECT_EQUAL(look_up(&look, marks->direct_map.begin + 0x212345).physical, 0x212345);
	EXPECT(look_up(&look, CODE).execute && !look_up(&look, CODE).write);
	EXPECT(look_up(&look, DATA).write && !look_up(&look, DATA).execute);
	top = (uint64_t *)(void *)(world.memory + marks->kernel_tables) + 511;
	*top |= UINT64_C(1) << 63;
	EXPECT(!look_up(&look, CODE).execute);
	*top &= ~UINT64_C(2);
	EXPECT(!look_up(&look, DATA).write);
}

TEST("a symbol's name is shown without what a terminal would obey")
{
	char *names;

	begin_fault(VECTOR_OPCODE);
	names = (char *)world.memory + marks->names_at;
	for (uint64_t i = 0; i + 4 < marks->names.end - marks->names.begin; i++) {
		if (memcmp(names + i, "main", 5) == 0)
			names[i + 1] = 0x1b;
	}
	EXPECT_TEXT(place_of(&look, fault.rip).name, "m?in");
}

TEST("flags of SSE that are masked are not the cause")
{
	begin_fault(VECTOR_SSE);
	fault.mxcsr = 0x1d80 | 0x3f; /* all flags, and all masks but that of division by zero */
	expect_words("floating-point", "allow: division by zero.");
}

TEST("a double fault right above the end of the stack is also a stack overflow")
{
	begin_fault(VECTOR_DOUBLE);
	fault.has_error = 1;
	fault.registers[RSP] = marks->stack.begin + 8;
	expect_words("stack-overflow", "RSP is at the low end of the stack");
	fault.registers[RSP] = marks->stack.begin + 72;
	explain(&look, &said);
	EXPECT(strcmp(said.kind, "stack-overflow") != 0);
}

TEST("32-bit code that has asked for 5 levels of page tables is not there yet")
{
	CODE32(VECTOR_OPCODE, "\x0f\x0b");
	fault.cr4 = 0x1020;
	expect_words("ud2", "executed ud2");
	EXPECT(look_canonical(&look, UINT64_C(0x00007fffffffffff)));
	EXPECT(!look_canonical(&look, UINT64_C(0x0000800000000000)));
}

TEST("32-bit page tables are walked: two levels, pages of 4 KiB and 4 MiB")
{
	CODE32(VECTOR_PAGE, "\x89\x03"); /* mov [ebx], eax */
	fault.cr0 = 0x80010011;
	fault.cr3 = CODE32_TABLES;
	memset(world.memory + CODE32_TABLES, 0, 2 * PAGE_SIZE);
	put_code32(CODE32_TABLES + 4 * 2, 8 * MIB + 0x83);
	put_code32(CODE32_TABLES + 4 * 3, CODE32_TABLES + PAGE_SIZE + 3);
	put_code32(CODE32_TABLES + PAGE_SIZE + 4 * 5, 0x5000 + 1);
	EXPECT_EQUAL(look_up(&look, 9 * MIB + 5).physical, 9 * MIB + 5);
	EXPECT_EQUAL(look_up(&look, 12 * MIB + 0x5123).physical, 0x5123);
	EXPECT(!look_up(&look, 12 * MIB + 0x5123).write && look_up(&look, 9 * MIB).write);
	EXPECT(!look_up(&look, 12 * MIB + 0x6000).mapped);
	fault.registers[RBX] = 0xc0000010;
	expect_page(0xc0000010, 2, "not-mapped", "with EBX = 0xc0000010");
	EXPECT_PART(said.happened, "have 0x0 at level 2");
}

TEST("PAE's page tables are walked: three levels, the first without rights")
{
	CODE32(VECTOR_PAGE, "\x89\x03");
	fault.cr0 = 0x80010011;
	fault.cr4 = 0x20;
	fault.cr3 = CODE32_TABLES + 0x40; /* need not be page-aligned */
	memset(world.memory + CODE32_TABLES, 0, 3 * PAGE_SIZE);
	put_code32(CODE32_TABLES + 0x40 + 8 * 3, CODE32_TABLES + PAGE_SIZE + 1);
	put_code32(CODE32_TABLES + PAGE_SIZE + 8 * 1, 0x600000 + 0x83);
	put_code32(CODE32_TABLES + PAGE_SIZE + 8 * 2, CODE32_TABLES + 2 * PAGE_SIZE + 3);
	put_code32(CODE32_TABLES + 2 * PAGE_SIZE, 0x7000 + 3);
	EXPECT_EQUAL(look_up(&look, UINT64_C(0xc0212345)).physical, 0x612345);
	EXPECT(look_up(&look, UINT64_C(0xc0212345)).write);
	EXPECT_EQUAL(look_up(&look, UINT64_C(0xc0400010)).physical, 0x7010);
	EXPECT(!look_up(&look, UINT64_C(0x40000000)).mapped);
	EXPECT_EQUAL(look_up(&look, UINT64_C(0x40000000)).level, 3);
}

TEST("32-bit instructions are read as such")
{
	struct instruction in;

	CODE32(VECTOR_PAGE, "\xa1\x00\x00\x00\x00");
	CODE32(VECTOR_PAGE, "\x8b\x0d\x10\x20\x00\xf0"); /* mov ecx, [0xf0002010] */
	in = instruction_read(&look);
	EXPECT(in.known && in.has_memory && in.operands[0].base < 0);
	EXPECT_EQUAL(in.operands[0].address, 0xf0002010);
	CODE32(VECTOR_PAGE, "\x48\x89\x03"); /* dec eax: no prefix */
	in = instruction_read(&look);
	EXPECT(in.opcode == 0x48 && in.rex == 0 && !in.has_modrm);
	CODE32(VECTOR_PAGE, "\xc5\x04\x8b"); /* lds eax, [ebx + ecx * 4] */
	fault.registers[RBX] = 0xfffffff0;
	fault.registers[RCX] = 5;
	in = instruction_read(&look);
	EXPECT(in.map == MAP_ONE_BYTE && in.has_memory);
	EXPECT_EQUAL(in.operands[0].address, 4);
	CODE32(VECTOR_PAGE, "\xc5\xf8\x77"); /* vzeroupper */
	EXPECT(instruction_read(&look).vector_size == 16);
}

TEST("what the CPU pushed for 32-bit code is read off its stack")
{
	static const uint32_t pushed[] = { 13, 0x88, CODE32_TEXT, 0x18, 0x10086 };

	for (unsigned error = 0; error < 2; error++) {
		CODE32(error ? VECTOR_PROTECTION : VECTOR_OPCODE, "\xea\0\0\0\0\x88\0");
		fault.rip = 0;
		for (unsigned i = 0, at = 0; i < COUNT(pushed); i++) {
			if (i != 1 || error)
				put_code32(CODE32_STACK + 4 * at++, pushed[i]);
		}
		frame_read(&look, &fault);
		EXPECT_EQUAL(fault.rip, CODE32_TEXT);
		EXPECT_EQUAL(fault.cs, 0x18);
		EXPECT_EQUAL(fault.rflags, 0x10086);
		EXPECT_EQUAL(fault.has_error, error);
		EXPECT_EQUAL(fault.error, error ? 0x88 : 0);
		EXPECT_EQUAL(fault.registers[RSP], CODE32_STACK + 16 + 4 * error);
	}
	expect_words("selector-missing", "tried to load selector 0x88 into CS (far jump or call)");
}

TEST("an interrupt in an exception's place has no error code, in 32-bit code either")
{
	CODE32(VECTOR_DOUBLE, "\xf4");
	put_code32(CODE32_STACK, 8);
	put_code32(CODE32_STACK + 4, CODE32_TEXT);
	put_code32(CODE32_STACK + 8, 0x18);
	put_code32(CODE32_STACK + 12, 0x202);
	fault.interrupts = 1;
	frame_read(&look, &fault);
	EXPECT_EQUAL(fault.rip, CODE32_TEXT);
	expect_words("interrupt", "line 0 of the first PIC, the timer");
}

TEST("an exception that found no gate is explained, not the one that was raised instead")
{
	static const struct {
		unsigned vector, error, first;
	} cases[] = {
		{ VECTOR_PROTECTION, 0x0c + 8 * 6, VECTOR_OPCODE },
		{ VECTOR_PROTECTION, 19 * 8 + 2, VECTOR_SSE },
		{ VECTOR_PROTECTION, 0x10, VECTOR_PROTECTION },
		{ VECTOR_PROTECTION, 0x80 * 8 + 2, VECTOR_PROTECTION },
		{ VECTOR_DOUBLE, 0, VECTOR_DOUBLE },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		begin_fault(cases[i].vector);
		INSTRUCTION(0x0f, 0x0b);
		fault.error = cases[i].error;
		fault.has_error = 1;
		frame_first(&look, &fault); /* not this kind of IDT */
		EXPECT_EQUAL(fault.vector, cases[i].vector);
		fault.idt.limit = FRAME_IDT32_LIMIT;
		frame_first(&look, &fault);
		EXPECT_EQUAL(fault.vector, cases[i].first);
		EXPECT_EQUAL(fault.has_error, cases[i].first == cases[i].vector);
	}
	begin_fault(VECTOR_DOUBLE);
	INSTRUCTION(0x48, 0xf7, 0xf1); /* div rcx */
	fault.idt.limit = FRAME_IDT32_LIMIT;
	frame_first(&look, &fault);
	expect_words("divide-by-zero", "the divisor is RCX");
}

TEST("words of the stack are as wide as the code")
{
	uint64_t word;

	CODE32(VECTOR_OPCODE, "\x0f\x0b");
	put_code32(CODE32_STACK + 8, 0x12345678);
	put_code32(CODE32_STACK + 12, 0x9abcdef0);
	EXPECT(look_word_size(&look) == 4 && look_stack(&look, 2, &word));
	EXPECT_EQUAL(word, 0x12345678);
	fault.code32 = 0;
	EXPECT(look_word_size(&look) == 8 && look_stack(&look, 1, &word));
	EXPECT_EQUAL(word, UINT64_C(0x9abcdef012345678));
}

/* --- how it is shown --- */

/* A page fault with a long trace and long words. */
static void begin_long(void)
{
	uint64_t frame;

	begin_fault(VECTOR_PAGE);
	INSTRUCTION(0x4a, 0x89, 0x4c, 0xe5, 0xf8);
	fault.registers[12] = CONST;
	frame = marks->stack.end - 0x140;
	fault.registers[RSP] = frame - 0x80;
	fault.registers[RBP] = frame;
	for (unsigned i = 0; i < 19; i++, frame += 16) {
		memcpy(see(frame), &(uint64_t){ frame + 16 }, 8);
		memcpy(see(frame + 8), &(uint64_t){ CODE + 0x110 + 8 * i }, 8);
	}
	fault.has_error = 1;
	fault.error = 3;
	fault.cr2 = CONST;
	explain(&look, &said);
	EXPECT_EQUAL(said.trace.count, TRACE_MAX);
	EXPECT(said.trace.cut);
}

TEST("the report has everything, in lines of at most 79 characters")
{
	static const char *const parts[] = {
		"Longjump: Page fault (#PF, exception 14)",
		"where     main+0x10",
		"called by ffff",
		"helper+0x",
		"... and more",
		"usually   Constants",
		"RAX ",
		"R15 ",
		"CR2 ffffffff80002000",
		"error     0x3 = page present, write, kernel mode",
		"selectors CS 0008",
		"code      4a 89",
		"stack     ",
	};
	struct text text = text_in(text_buffer, sizeof(text_buffer));
	size_t length;

	begin_long();
	show_report(&text, &look, &said);
	for (unsigned i = 0; i < COUNT(parts); i++)
		EXPECT_PART(text_buffer, parts[i]);
	for (const char *line = text_buffer; *line != 0; line += length + (line[length] != 0)) {
		length = strcspn(line, "\n");
		if (length > 79)
			FAIL("a line of %zu characters: %.*s", length, (int)length, line);
		for (size_t i = 0; i < length; i++)
			EXPECT(line[i] >= ' ' && line[i] <= '~');
	}
}

TEST("the essential fits a screen of 80 columns and 25 rows")
{
	struct text text = text_in(text_buffer, sizeof(text_buffer));
	unsigned row = 0, column = 0;

	begin_long();
	show_screen(&text, &look, &said, "The end.", 80, 25);
	for (const char *at_char = text_buffer; *at_char != 0 && *at_char != '\f'; at_char++) {
		if (*at_char == '\n') {
			row++;
			column = 0;
		} else if (*at_char >= ' ') {
			EXPECT(++column <= 80);
		}
	}
	EXPECT(row <= 24);
	EXPECT_PART(text_buffer, "RIP");
	EXPECT_PART(text_buffer, "The end.");
}

TEST("screens of any size are filled without a false step")
{
	begin_long();
	for (unsigned columns = 1; columns < 140; columns += 7) {
		for (unsigned rows = 1; rows < 60; rows += 3) {
			struct text text = text_in(text_buffer, sizeof(text_buffer));

			show_screen(&text, &look, &said, "The end.", columns, rows);
		}
	}
}

TEST("programs get the trace")
{
	struct text text = text_in(text_buffer, sizeof(text_buffer));

	begin_long();
	explain_for_programs(&text, &look, &said);
	EXPECT_PART(text_buffer,
	            "@longjump-fault vector=14 kind=read-only rip=0xffffffff80000210 slide=0x0 ");
	EXPECT_PART(text_buffer,
	            " error=0x3 cr2=0xffffffff80002000 in=main+0x10 trace=0xffffffff80000110,");
	EXPECT(strchr(text_buffer, '\n') == NULL);
}
