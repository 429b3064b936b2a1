/* SPDX-License-Identifier: MIT */
/*
 * protection.c - explains #GP, #SS, #NP and #TS. The CPU reports a selector or nothing at all, so
 * the cause is derived from the instruction (Intel SDM volume 3A, 6.15, interrupt 13).
 */
#include "explain/protection.h"

#include "explain/operands.h"
#include "explain/selectors.h"

#define WRFSBASE 2 /* in ModRM; wrgsbase is the next */

#define MXCSR_RESERVED    0xffff0000u
#define MXCSR_SAVED       24  /* bytes before MXCSR in what fxsave and xsave write */
#define XSTATE_WITH_MXCSR 0x6 /* SSE and AVX: with either of them, xrstor loads MXCSR */

/* A vector beyond the end of the IDT. */
static void words_vector(struct words *words)
{
	bool external = !instruction_is_int(&words->in);
	unsigned number = external ? (unsigned)(words->fault->error >> 3) & 255
	                           : words->in.bytes[words->in.immediate];

	if (number < VECTORS && (words->fault->cs & 3) == 3) {
		words->kind = "interrupt-forbidden";
		text_add(&words->happened, "%s executed int %#x, which it is not allowed to use.",
		         words_who(words), number);
		text_add(&words->cause, "The gate's DPL keeps user mode from calling it.");
		return;
	}
	words->kind = external ? "interrupt" : "no-handler";
	if (external)
		text_add(&words->happened,
		         "A hardware interrupt came, and nothing handles it: the IDT has only the "
		         "32 exceptions. Its vector is %#x.",
		         number);
	else
		text_add(&words->happened,
		         "%s executed int %#x, and nothing handles it: the IDT has only the "
		         "%sexceptions.",
		         words_who(words), number, number < VECTORS ? "" : "32 ");
	text_add(&words->cause, external ? "Interrupts were enabled (sti) before the kernel loaded "
	                                   "its own IDT."
	                                 : "The kernel has not loaded its own IDT (lidt), or "
	                                   "expects services of a BIOS or another system.");
}

/* True if only ring 0 may execute this member of the groups 0F00h and 0F01h. The instructions that
 * store tables and selectors are forbidden by CR4.UMIP only. */
static bool is_privileged_table(const struct instruction *in, uint64_t cr4)
{
	unsigned field = in->modrm >> 3 & 7;
	bool umip = (cr4 & CR4_UMIP) != 0;

	if (in->opcode == 0x00)
		return field < 2 ? umip : field < 4;
	if (field == 4)
		return umip;
	if (in->modrm < 0xc0)
		return field < 2 ? umip : field != 5;
	return field == 3 || field == 6 || in->modrm == 0xd1 || in->modrm == 0xf8;
}

/* True if only ring 0 may execute this. */
static bool is_privileged(const struct instruction *in, uint64_t cr4)
{
	uint8_t opcode = in->opcode;

	if (in->map == MAP_ONE_BYTE)
		return opcode == 0xf4 || opcode == 0xfa || opcode == 0xfb || (opcode & 0xf4) == 0xe4
		    || (opcode & 0xfc) == 0x6c;
	if (in->map == MAP_0F38) /* invept, invvpid, invpcid; enqcmds */
		return (in->prefix == 0x66 && opcode >= 0x80 && opcode < 0x83)
		    || (in->prefix == 0xf3 && opcode == 0xf8);
	if (in->map != MAP_0F || in->vector_size != 0)
		return false;
	if (opcode < 0x02)
		return is_privileged_table(in, cr4);
	if (opcode == 0xc7) /* xrstors, xsaves */
		return in->has_memory && ((in->modrm >> 3 & 7) == 3 || (in->modrm >> 3 & 7) == 5);
	return (opcode >= 0x06 && opcode < 0x0a) || (opcode & 0xfc) == 0x20 || opcode == 0x30
	    || opcode == 0x32 || opcode == 0x33 || opcode == 0x35;
}

/* Appends the text that an address is, if all of it is. */
static void add_characters(struct text *text, uint64_t address)
{
	char characters[9] = { 0 };

	memcpy(characters, &address, sizeof(address));
	for (unsigned i = 0; i < sizeof(address); i++) {
		if (characters[i] < ' ' || characters[i] > '~')
			return;
	}
	text_add(text, " Its bytes are the text \"%s\".", characters);
}

/* Notes an address that is not canonical, and where it came from. */
static bool not_canonical(struct words *words, uint64_t address, const char *what)
{
	if (look_canonical(words->look, address))
		return false;
	words->kind = "non-canonical";
	text_add(&words->happened,
	         "%s used %#llx as %s. That is not a canonical address: bits 63 to %u must all be "
	         "the "
	         "same.",
	         words_who(words), ULL(address), what,
	         (words->fault->cr4 & CR4_LA57) != 0 ? 56 : 47);
	add_characters(&words->happened, address);
	text_add(&words->cause, "A pointer or a return address was overwritten, was never set, or "
	                        "lost bits in a cast to 32 bits.");
	return true;
}

/* Memory that an instruction touches. */
static bool words_operands(struct words *words)
{
	for (unsigned i = 0; i < words->in.operand_count; i++) {
		const struct operand *operand = &words->in.operands[i];
		bool stack = operand->stack && operand->base == RSP;

		if (not_canonical(words, operand->address,
		                  stack ? "its stack pointer" : "the address of memory")) {
			words_origin(words, operand);
			return true;
		}
	}
	return false;
}

/* The target of a jump, call or return, in a register or in memory. */
static bool words_target(struct words *words)
{
	const struct instruction *in = &words->in;
	const struct fault *fault = words->fault;
	bool indirect = instruction_is_member(in, MAP_ONE_BYTE, 0xff, 2)
	             || instruction_is_member(in, MAP_ONE_BYTE, 0xff, 4);
	bool far = instruction_is_member(in, MAP_ONE_BYTE, 0xff, 3)
	        || instruction_is_member(in, MAP_ONE_BYTE, 0xff, 5);
	uint64_t target = 0;

	if (indirect && instruction_register(in) >= 0)
		target = fault->registers[instruction_register(in)];
	else if (in->has_memory && (indirect || (far && (in->rex & 8) != 0)))
		look_read(words->look, in->operands[0].address, &target, sizeof(target));
	if (not_canonical(words, target, "the target of a jump or call"))
		return true;
	if (in->map == MAP_ONE_BYTE
	    && ((in->opcode & 0xfe) == 0xc2
	        || ((in->rex & 8) != 0 && ((in->opcode & 0xfe) == 0xca || in->opcode == 0xcf))))
		look_read(words->look, fault->registers[RSP], &target, sizeof(target));
	if (in->map == MAP_0F && (in->rex & 8) != 0 && (in->opcode == 0x07 || in->opcode == 0x35))
		target = fault->registers[in->opcode == 0x07 ? RCX : RDX]; /* sysret, sysexit */
	return not_canonical(words, target, "the address to return to");
}

/* Bases of tables and segments that are loaded. */
static bool words_base(struct words *words)
{
	static const char names[4][16] = { "the GDT's base", "the IDT's base", "the base of FS",
		                           "the base of GS" };
	const struct instruction *in = &words->in;
	unsigned field = in->modrm >> 3 & 7; /* 2: lgdt, wrfsbase; 3: lidt, wrgsbase */
	uint64_t base = 0;

	if (in->map != MAP_0F || (field & 6) != WRFSBASE)
		return false;
	if (in->opcode == 0x01 && in->has_memory)
		look_read(words->look, in->operands[0].address + 2, &base, sizeof(base));
	else if (in->opcode == 0xae && in->prefix == 0xf3 && instruction_register(in) >= 0
	         && (in->rex & 8) != 0)
		base = words->fault->registers[instruction_register(in)];
	return not_canonical(words, base, names[(in->opcode == 0xae ? 2 : 0) + (field & 1)]);
}

/* Finds an address in registers, in memory or on the stack that is not canonical. */
static bool words_canonical(struct words *words)
{
	/* Some CPUs fault before they jump, others after it. */
	return not_canonical(words, words->fault->rip, "the address of its next instruction")
	    || words_operands(words) || words_target(words) || words_base(words)
	    || not_canonical(words, words->fault->registers[RSP], "its stack pointer");
}

/* An operand that is not aligned as its instruction requires. */
static bool words_alignment(struct words *words)
{
	const struct operand *operand = &words->in.operands[operands_aligned(&words->in)];
	unsigned alignment = operands_alignment(&words->in);

	if (operand->address % alignment == 0)
		return false;
	words->kind = "misaligned";
	text_add(&words->happened,
	         "%s used memory at %#llx with an instruction that requires a multiple of %u "
	         "(%s; it is %u off).",
	         words_who(words), ULL(operand->address), alignment,
	         words->in.vector_size != 0 ? "AVX" : "SSE",
	         (unsigned)(operand->address % alignment));
	if (operand->base == RSP || operand->base == RBP)
		text_add(&words->cause,
		         "The stack is misaligned: at a call RSP must be a multiple of 16, so at a "
		         "function's first instruction RSP %% 16 is 8. Look at the assembly that "
		         "called C.");
	else
		text_add(&words->cause,
		         "A buffer or structure that is less aligned than its type requires: use "
		         "_Alignas(%u), or allocate memory aligned to %u bytes.",
		         alignment, alignment);
	return true;
}

/* rdmsr, wrmsr, xsetbv and moves to control registers, which check their operands. */
static bool words_system(struct words *words)
{
	const struct instruction *in = &words->in;
	const uint64_t *registers = words->fault->registers;
	uint64_t value = registers[RDX] << 32 | (registers[RAX] & UINT32_MAX);

	if (in->map != MAP_0F)
		return false;
	if (in->opcode == 0x30 || in->opcode == 0x32) {
		words->kind = "msr";
		text_add(&words->happened, "%s %s MSR %#x", words_who(words),
		         in->opcode == 0x30 ? "wrote to" : "read", (unsigned)registers[RCX]);
		if (in->opcode == 0x30)
			text_add(&words->happened, " the value %#llx", ULL(value));
		text_add(&words->happened, ", which the CPU refuses.");
		text_add(&words->cause, "This CPU has no such MSR (ask CPUID first), it is "
		                        "read-only, or the value has reserved bits set.");
	} else if (in->opcode == 0x22) {
		words->kind = "control-register";
		text_add(&words->happened, "%s wrote %#llx to CR%u, which the CPU refuses.",
		         words_who(words), ULL(registers[instruction_register(in) & 15]),
		         instruction_field(in));
		text_add(&words->cause, "A bit that this CPU does not have (ask CPUID first), or a "
		                        "combination that is not allowed, such as PG "
		                        "without PE, or PG and EFER.LME without CR4.PAE.");
	} else if (in->opcode == 0x01 && in->modrm == 0xd1) {
		words->kind = "xsetbv";
		text_add(&words->happened, "%s wrote %#llx to XCR%u, which the CPU refuses.",
		         words_who(words), ULL(value), (unsigned)registers[RCX]);
		text_add(&words->cause, "Bit 0 (x87) must be 1, AVX (bit 2) needs SSE (bit 1), and "
		                        "the CPU must have what is asked for (CPUID leaf 13).");
	} else {
		return false;
	}
	return true;
}

/* The value that an instruction loads into MXCSR. False if it loads none. */
static bool loaded_mxcsr(const struct words *words, uint32_t *value)
{
	const struct instruction *in = &words->in;
	const uint64_t *registers = words->fault->registers;
	unsigned field = in->modrm >> 3 & 7; /* 0F AE: 1 fxrstor, 2 ldmxcsr, 5 xrstor */
	bool loads = in->opcode == 0xae ? field == 1 || field == 2 || field == 5
	                                : in->opcode == 0xc7 && field == 3; /* xrstors */

	if (in->map != MAP_0F || !in->has_memory || !loads)
		return false;
	if ((in->opcode == 0xc7 || field == 5) && (registers[RAX] & XSTATE_WITH_MXCSR) == 0)
		return false;
	return look_read(words->look, in->operands[0].address + (field == 2 ? 0 : MXCSR_SAVED),
	                 value, sizeof(*value))
	    == sizeof(*value);
}

/* ldmxcsr, fxrstor and xrstor of an MXCSR with bits that no CPU has. */
static bool words_mxcsr(struct words *words)
{
	uint32_t value;

	if (!loaded_mxcsr(words, &value) || (value & MXCSR_RESERVED) == 0)
		return false;
	words->kind = "mxcsr";
	text_add(&words->happened,
	         "%s loaded %#x into MXCSR, whose bits 16 to 31 are reserved and must be 0.",
	         words_who(words), value);
	text_add(&words->cause, "The memory that it was loaded from was never filled (fxsave, "
	                        "stmxcsr), or was overwritten later. The initial value is 0x1f80.");
	return true;
}

/* mov of 0 to SS, which only 64-bit code may. */
static bool words_null_stack(struct words *words)
{
	const struct instruction *in = &words->in;
	int number = instruction_register(in);

	if (!instruction_is_member(in, MAP_ONE_BYTE, 0x8e, 2) || number < 0
	    || (words->fault->registers[number] & 0xfffc) != 0)
		return false;
	words->kind = "null-selector";
	text_add(&words->happened, "%s loaded 0 into SS, which must be a writable data segment.",
	         words_who(words));
	text_add(&words->cause, "Only 64-bit code of rings 0 to 2 may have no stack segment: load "
	                        "SS with the selector of writable data in the GDT.");
	return true;
}

/* Far returns that find 0 where a code selector should be. */
static bool words_null_selector(struct words *words)
{
	const struct instruction *in = &words->in;
	uint64_t rip, cs;

	if (in->map != MAP_ONE_BYTE || (in->opcode != 0xcb && in->opcode != 0xcf)
	    || !look_stack(words->look, 0, &rip) || !look_stack(words->look, 1, &cs))
		return false;
	if (!look_canonical(words->look, rip))
		return not_canonical(words, rip, "the address to return to");
	if ((cs & 0xfffc) != 0
	    || (in->opcode == 0xcb && (in->rex & 8) == 0 && words->fault->code32 == 0))
		return false;
	words->kind = "null-selector";
	text_add(&words->happened, "%s loaded 0 into CS from the stack, with %s.", words_who(words),
	         in->opcode == 0xcf ? "iretq" : "a far return");
	text_add(&words->cause, "The frame is in the wrong order, or an error code was not removed "
	                        "first: RIP, CS, RFLAGS, RSP, SS, from RSP upward.");
	return true;
}

void words_protection(struct words *words)
{
	if (words->fault->vector == VECTOR_PROTECTION
	    && ((words->fault->error & SELECTOR_IDT) != 0 || instruction_is_int(&words->in))) {
		words_vector(words);
	} else if ((words->fault->error & 0xffff) != 0) {
		words_selector(words);
	} else if ((words->fault->cs & 3) == 3 && is_privileged(&words->in, words->fault->cr4)) {
		words->kind = "privileged";
		text_add(&words->happened, "%s executed an instruction that only the kernel may.",
		         words_who(words));
		text_add(&words->cause, "hlt, cli, in, out, lgdt, wrmsr and moves to control "
		                        "registers need ring 0.");
	} else if (words_system(words) || words_null_stack(words) || words_null_selector(words)
	           || words_canonical(words) || words_alignment(words) || words_mxcsr(words)) {
		return;
	} else {
		words->kind = "protection";
		text_add(&words->happened,
		         "%s did something that the CPU does not allow, and the CPU gives no "
		         "further reason.",
		         words_who(words));
		text_add(&words->cause, "Look up the instruction at RIP in the CPU's manual, which "
		                        "lists what makes it raise #GP.");
	}
}
