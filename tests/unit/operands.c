/* SPDX-License-Identifier: MIT */
/*
 * operands.c - every kind of instruction that accesses memory, with #GP, #SS and #PF: the address
 * and the register that it came from are named. The bytes are what an assembler made of the text.
 */
#include "faults.h"

#include "explain/decode.h"
#include "explain/operands.h"

#define NOT_CANONICAL UINT64_C(0x0000900000000000)
#define NOT_MAPPED    UINT64_C(0x0000123456780000)

/* An instruction, and the register that is wrong: what it touches lies `distance` from there. */
struct touching {
	const char *text;
	const char *bytes;
	unsigned count;
	int wrong;
	int64_t distance;
	int other; /* register that matters as well, and its value */
	uint64_t value;
};

#define BYTES(bytes) bytes, sizeof(bytes) - 1
#define ROW(text, bytes, wrong, distance, other, value)                       \
	{                                                                     \
		text, bytes, sizeof(bytes) - 1, wrong, distance, other, value \
	}

static const struct touching wide[] = {
	ROW("mov rax, [rbx]", "\x48\x8b\x03", RBX, 0, 0, 0),
	ROW("mov [r13 + rcx * 4 + 0x100], al", "\x41\x88\x84\x8d\x00\x01\x00\x00", 13, 0x100, RCX,
	    0),
	ROW("mov [r12 - 8], r9", "\x4d\x89\x4c\x24\xf8", 12, -8, 0, 0),
	ROW("mov eax, [rsp + rcx + 16]", "\x8b\x44\x0c\x10", RSP, 0x10, RCX, 0),
	ROW("add [rbp - 4], ecx", "\x01\x4d\xfc", RBP, -4, 0, 0),
	ROW("lock xadd [rdx], rax", "\xf0\x48\x0f\xc1\x02", RDX, 0, 0, 0),
	ROW("lodsb", "\xac", RSI, 0, 0, 0),
	ROW("lodsq", "\x48\xad", RSI, 0, 0, 0),
	ROW("rep movsb", "\xf3\xa4", RSI, 0, 0, 0),
	ROW("rep movsq", "\xf3\x48\xa5", RDI, 0, 0, 0),
	ROW("rep stosd", "\xf3\xab", RDI, 0, 0, 0),
	ROW("repne scasw", "\xf2\x66\xaf", RDI, 0, 0, 0),
	ROW("repe cmpsb", "\xf3\xa6", RSI, 0, 0, 0),
	ROW("repe cmpsq", "\xf3\x48\xa7", RDI, 0, 0, 0),
	ROW("rep insb", "\xf3\x6c", RDI, 0, 0, 0),
	ROW("rep outsd", "\xf3\x6f", RSI, 0, 0, 0),
	ROW("xlatb", "\xd7", RBX, 0x41, RAX, 0xff41),
	ROW("push rax", "\x50", RSP, -8, 0, 0),
	ROW("push r15", "\x41\x57", RSP, -8, 0, 0),
	ROW("push 5", "\x6a\x05", RSP, -8, 0, 0),
	ROW("push 0x12345678", "\x68\x78\x56\x34\x12", RSP, -8, 0, 0),
	ROW("push cx", "\x66\x51", RSP, -2, 0, 0),
	ROW("push qword [rbx + 8]", "\xff\x73\x08", RBX, 8, 0, 0),
	ROW("push qword [rbx + 8]", "\xff\x73\x08", RSP, -8, 0, 0),
	ROW("pop rdi", "\x5f", RSP, 0, 0, 0),
	ROW("pop qword [rdi]", "\x8f\x07", RDI, 0, 0, 0),
	ROW("pop qword [rdi]", "\x8f\x07", RSP, 0, 0, 0),
	ROW("pop qword [rsp + 0x10]", "\x8f\x44\x24\x10", RSP, 0x18, 0, 0),
	ROW("pushfq", "\x9c", RSP, -8, 0, 0),
	ROW("popfq", "\x9d", RSP, 0, 0, 0),
	ROW("push fs", "\x0f\xa0", RSP, -8, 0, 0),
	ROW("push gs", "\x0f\xa8", RSP, -8, 0, 0),
	ROW("pop fs", "\x0f\xa1", RSP, 0, 0, 0),
	ROW("pop gs", "\x0f\xa9", RSP, 0, 0, 0),
	ROW("call $+0x20", "\xe8\x1b\x00\x00\x00", RSP, -8, 0, 0),
	ROW("call rax", "\xff\xd0", RSP, -8, 0, 0),
	ROW("call [rbx]", "\xff\x13", RBX, 0, 0, 0),
	ROW("call [rcx]", "\xff\x11", RSP, -8, 0, 0),
	ROW("jmp [rdx]", "\xff\x22", RDX, 0, 0, 0),
	ROW("ret", "\xc3", RSP, 0, 0, 0),
	ROW("ret 16", "\xc2\x10\x00", RSP, 0, 0, 0),
	ROW("retf", "\xcb", RSP, 0, 0, 0),
	ROW("o64 retf", "\x48\xcb", RSP, 0, 0, 0),
	ROW("o64 retf 8", "\x48\xca\x08\x00", RSP, 0, 0, 0),
	ROW("iretq", "\x48\xcf", RSP, 0, 0, 0),
	ROW("iretd", "\xcf", RSP, 0, 0, 0),
	ROW("enter 0x20, 0", "\xc8\x20\x00\x00", RSP, -0x28, 0, 0),
	ROW("enter 0, 3", "\xc8\x00\x00\x03", RBP, -0x10, 0, 0),
	ROW("leave", "\xc9", RBP, 0, 0, 0),
	ROW("call far [rbx]", "\x48\xff\x1b", RBX, 0, 0, 0),
	ROW("jmp far [rbx]", "\x48\xff\x2b", RBX, 0, 0, 0),
	ROW("o64 jmp far [r9]", "\x49\xff\x29", 9, 0, 0, 0),
	ROW("call far [rcx]", "\x48\xff\x19", RSP, -0x10, 0, 0),
	ROW("fld dword [rbx]", "\xd9\x03", RBX, 0, 0, 0),
	ROW("fistp qword [rbp - 8]", "\xdf\x7d\xf8", RBP, -8, 0, 0),
	ROW("fnstcw [rsi]", "\xd9\x3e", RSI, 0, 0, 0),
	ROW("fnstenv [rsi]", "\xd9\x36", RSI, 0, 0, 0),
	ROW("fnsave [rdi]", "\xdd\x37", RDI, 0, 0, 0),
	ROW("frstor [rdi]", "\xdd\x27", RDI, 0, 0, 0),
	ROW("fbstp [rax]", "\xdf\x30", RAX, 0, 0, 0),
	ROW("fxsave [rbx]", "\x0f\xae\x03", RBX, 0, 0, 0),
	ROW("fxrstor64 [rbx]", "\x48\x0f\xae\x0b", RBX, 0, 0, 0),
	ROW("xsave [rbx]", "\x0f\xae\x23", RBX, 0, 0, 0),
	ROW("xrstor64 [r8]", "\x49\x0f\xae\x28", 8, 0, 0, 0),
	ROW("xsaveopt [rbx]", "\x0f\xae\x33", RBX, 0, 0, 0),
	ROW("xsavec [rbx]", "\x0f\xc7\x23", RBX, 0, 0, 0),
	ROW("xsaves64 [rbx]", "\x48\x0f\xc7\x2b", RBX, 0, 0, 0),
	ROW("xrstors [rbx]", "\x0f\xc7\x1b", RBX, 0, 0, 0),
	ROW("ldmxcsr [rsp - 4]", "\x0f\xae\x54\x24\xfc", RSP, -4, 0, 0),
	ROW("stmxcsr [rcx]", "\x0f\xae\x19", RCX, 0, 0, 0),
	ROW("clflush [rax]", "\x0f\xae\x38", RAX, 0, 0, 0),
	ROW("clflushopt [rax]", "\x66\x0f\xae\x38", RAX, 0, 0, 0),
	ROW("cmpxchg [rdi], rcx", "\x48\x0f\xb1\x0f", RDI, 0, 0, 0),
	ROW("lock cmpxchg8b [rsi]", "\xf0\x0f\xc7\x0e", RSI, 0, 0, 0),
	ROW("lock cmpxchg16b [rsi]", "\xf0\x48\x0f\xc7\x0e", RSI, 0, 0, 0),
	ROW("lgdt [rbx]", "\x0f\x01\x13", RBX, 0, 0, 0),
	ROW("lidt [rbx]", "\x0f\x01\x1b", RBX, 0, 0, 0),
	ROW("sgdt [rbx]", "\x0f\x01\x03", RBX, 0, 0, 0),
	ROW("sidt [r10]", "\x41\x0f\x01\x0a", 10, 0, 0, 0),
	ROW("ltr [rbx]", "\x0f\x00\x1b", RBX, 0, 0, 0),
	ROW("lldt [rbx]", "\x0f\x00\x13", RBX, 0, 0, 0),
	ROW("str [rbx]", "\x0f\x00\x0b", RBX, 0, 0, 0),
	ROW("sldt [rbx]", "\x0f\x00\x03", RBX, 0, 0, 0),
	ROW("verr [rbx]", "\x0f\x00\x23", RBX, 0, 0, 0),
	ROW("lar eax, [rbx]", "\x0f\x02\x03", RBX, 0, 0, 0),
	ROW("lsl eax, [rbx]", "\x0f\x03\x03", RBX, 0, 0, 0),
	ROW("smsw [rbx]", "\x0f\x01\x23", RBX, 0, 0, 0),
	ROW("lmsw [rbx]", "\x0f\x01\x33", RBX, 0, 0, 0),
	ROW("mov ds, [rbx]", "\x8e\x1b", RBX, 0, 0, 0),
	ROW("mov [rbx], es", "\x8c\x03", RBX, 0, 0, 0),
	ROW("lss rax, [rbx]", "\x48\x0f\xb2\x03", RBX, 0, 0, 0),
	ROW("lfs rax, [rbx]", "\x48\x0f\xb4\x03", RBX, 0, 0, 0),
	ROW("bt [rbx], rcx", "\x48\x0f\xa3\x0b", RBX, -0x10, RCX, (uint64_t)-65),
	ROW("bts dword [rbx], ecx", "\x0f\xab\x0b", RBX, 0x4000000, RCX, 0x20000000),
	ROW("btr word [rbx], cx", "\x66\x0f\xb3\x0b", RBX, -2, RCX, 0xffff),
	ROW("btc qword [rbx], 7", "\x48\x0f\xba\x3b\x07", RBX, 0, 0, 0),
	ROW("movzx eax, byte [r11]", "\x41\x0f\xb6\x03", 11, 0, 0, 0),
	ROW("setne [rbx]", "\x0f\x95\x03", RBX, 0, 0, 0),
	ROW("cmovz rax, [rbx]", "\x48\x0f\x44\x03", RBX, 0, 0, 0),
	ROW("imul eax, [rbx], 0x1234", "\x69\x03\x34\x12\x00\x00", RBX, 0, 0, 0),
	ROW("shld [rbx], eax, 3", "\x0f\xa4\x03\x03", RBX, 0, 0, 0),
	ROW("test byte [rbx], 1", "\xf6\x03\x01", RBX, 0, 0, 0),
	ROW("div qword [rbx]", "\x48\xf7\x33", RBX, 0, 0, 0),
	ROW("not byte [rbx]", "\xf6\x13", RBX, 0, 0, 0),
	ROW("inc qword [rbx]", "\x48\xff\x03", RBX, 0, 0, 0),
	ROW("movups xmm0, [rbx]", "\x0f\x10\x03", RBX, 0, 0, 0),
	ROW("movdqa xmm9, [r14]", "\x66\x45\x0f\x6f\x0e", 14, 0, 0, 0),
	ROW("movnti [rbx], eax", "\x0f\xc3\x03", RBX, 0, 0, 0),
	ROW("movsd xmm0, [rbx]", "\xf2\x0f\x10\x03", RBX, 0, 0, 0),
	ROW("pshufb xmm0, [rbx]", "\x66\x0f\x38\x00\x03", RBX, 0, 0, 0),
	ROW("pcmpistri xmm0, [rbx], 3", "\x66\x0f\x3a\x63\x03\x03", RBX, 0, 0, 0),
	ROW("aesenc xmm1, [rbx]", "\x66\x0f\x38\xdc\x0b", RBX, 0, 0, 0),
	ROW("crc32 eax, dword [rbx]", "\xf2\x0f\x38\xf1\x03", RBX, 0, 0, 0),
	ROW("movbe [rbx], eax", "\x0f\x38\xf1\x03", RBX, 0, 0, 0),
	ROW("maskmovdqu xmm0, xmm1", "\x66\x0f\xf7\xc1", RDI, 0, 0, 0),
	ROW("maskmovq mm0, mm1", "\x0f\xf7\xc1", RDI, 0, 0, 0),
	ROW("vmovaps ymm0, [rbx]", "\xc5\xfc\x28\x03", RBX, 0, 0, 0),
	ROW("vmovdqu ymm8, [r9 + 32]", "\xc4\x41\x7e\x6f\x41\x20", 9, 0x20, 0, 0),
	ROW("vaddps xmm1, xmm2, [rbx]", "\xc5\xe8\x58\x0b", RBX, 0, 0, 0),
	ROW("vmaskmovdqu xmm0, xmm1", "\xc5\xf9\xf7\xc1", RDI, 0, 0, 0),
	ROW("vbroadcastss ymm0, [rbx]", "\xc4\xe2\x7d\x18\x03", RBX, 0, 0, 0),
	ROW("andn eax, ecx, [rbx]", "\xc4\xe2\x70\xf2\x03", RBX, 0, 0, 0),
	ROW("vpermq ymm0, [rbx], 3", "\xc4\xe3\xfd\x00\x03\x03", RBX, 0, 0, 0),
	ROW("vmovups zmm0, [rbx]", "\x62\xf1\x7c\x48\x10\x03", RBX, 0, 0, 0),
	ROW("vmovups [rbx + 64], zmm0", "\x62\xf1\x7c\x48\x11\x43\x01", RBX, 0x40, 0, 0),
	ROW("vmovdqa64 zmm17, [rbx - 128]", "\x62\xe1\xfd\x48\x6f\x4b\xfe", RBX, -0x80, 0, 0),
	ROW("vmovss xmm16, [rbx + 4]", "\x62\xe1\x7e\x08\x10\x43\x01", RBX, 4, 0, 0),
	ROW("vaddps zmm1, zmm2, [rbx + 0x40]", "\x62\xf1\x6c\x48\x58\x4b\x01", RBX, 0x40, 0, 0),
	ROW("vaddps zmm1, zmm2, [rbx + 4]{1to16}", "\x62\xf1\x6c\x58\x58\x4b\x01", RBX, 4, 0, 0),
	ROW("vaddsd xmm17, xmm2, [rbx + 8]", "\x62\xe1\xef\x08\x58\x4b\x01", RBX, 8, 0, 0),
	ROW("vpmovzxbd zmm1, [rbx + 16]", "\x62\xf2\x7d\x48\x31\x4b\x01", RBX, 0x10, 0, 0),
	ROW("vpmovqb [rbx + 8], zmm17", "\x62\xe2\x7e\x48\x32\x4b\x01", RBX, 8, 0, 0),
	ROW("vbroadcastf32x4 zmm1, [rbx + 16]", "\x62\xf2\x7d\x48\x1a\x4b\x01", RBX, 16, 0, 0),
	ROW("vcvtps2pd zmm1, [rbx + 32]", "\x62\xf1\x7c\x48\x5a\x4b\x01", RBX, 0x20, 0, 0),
	ROW("vpinsrb xmm17, xmm17, [rbx + 1], 1", "\x62\xe3\x75\x00\x20\x4b\x01\x01", RBX, 1, 0, 0),
	ROW("vfmadd213sd xmm17, xmm2, [rbx + 8]", "\x62\xe2\xed\x08\xa9\x4b\x01", RBX, 8, 0, 0),
	ROW("vaddph zmm1, zmm2, [rbx + 64]", "\x62\xf5\x6c\x48\x58\x4b\x01", RBX, 0x40, 0, 0),
	ROW("vaddph zmm1, zmm2, [rbx + 2]{1to32}", "\x62\xf5\x6c\x58\x58\x4b\x01", RBX, 2, 0, 0),
	ROW("vmovsh xmm1, [rbx + 2]", "\x62\xf5\x7e\x08\x10\x4b\x01", RBX, 2, 0, 0),
	ROW("vpcompressw [rbx + 2], zmm1", "\x62\xf2\xfd\x48\x63\x4b\x01", RBX, 2, 0, 0),
	ROW("vpermi2ps xmm1, xmm2, [rbx + 16]", "\x62\xf2\x6d\x08\x77\x4b\x01", RBX, 0x10, 0, 0),
	ROW("mov rax, [rbx], after another rex", "\x41\x48\x8b\x03", RBX, 0, 0, 0),
	ROW("push rbp, after two of rex", "\x49\x40\x55", RSP, -8, 0, 0),
	ROW("mov ax, [rbx], rex before 66h", "\x49\x66\x8b\x03", RBX, 0, 0, 0),
	ROW("mov eax, [rbx], with ds and es", "\x3e\x26\x8b\x03", RBX, 0, 0, 0),
	ROW("monitor", "\x0f\x01\xc8", RAX, 0, 0, 0),
	ROW("invpcid rax, [rbx]", "\x66\x48\x0f\x38\x82\x03", RBX, 0, 0, 0),
	ROW("vmptrld [rbx]", "\x0f\xc7\x33", RBX, 0, 0, 0),
	ROW("vmread [rbx], rax", "\x0f\x78\x03", RBX, 0, 0, 0),
	ROW("vmxon [rbx]", "\xf3\x0f\xc7\x33", RBX, 0, 0, 0),
};

static const struct touching code32[] = {
	ROW("mov eax, [ebx + 8]", "\x8b\x43\x08", RBX, 8, 0, 0),
	ROW("mov eax, [bx + si + 4]", "\x67\x8b\x40\x04", RBX, 4, RSI, 0),
	ROW("mov [bp - 2], al", "\x67\x88\x46\xfe", RBP, -2, 0, 0),
	ROW("lodsd", "\xad", RSI, 0, 0, 0),
	ROW("rep movsb", "\xf3\xa4", RDI, 0, 0, 0),
	ROW("stosw", "\x66\xab", RDI, 0, 0, 0),
	ROW("rep outsb", "\xf3\x6e", RSI, 0, 0, 0),
	ROW("xlatb", "\xd7", RBX, 7, RAX, 7),
	ROW("push eax", "\x50", RSP, -4, 0, 0),
	ROW("push ax", "\x66\x50", RSP, -2, 0, 0),
	ROW("push es", "\x06", RSP, -4, 0, 0),
	ROW("pop ds", "\x1f", RSP, 0, 0, 0),
	ROW("pushad", "\x60", RSP, -0x20, 0, 0),
	ROW("popad", "\x61", RSP, 0, 0, 0),
	ROW("push dword [ebx]", "\xff\x33", RSP, -4, 0, 0),
	ROW("pushfd", "\x9c", RSP, -4, 0, 0),
	ROW("call $+0x20", "\xe8\x1b\x00\x00\x00", RSP, -4, 0, 0),
	ROW("ret", "\xc3", RSP, 0, 0, 0),
	ROW("retf", "\xcb", RSP, 0, 0, 0),
	ROW("iretd", "\xcf", RSP, 0, 0, 0),
	ROW("leave", "\xc9", RBP, 0, 0, 0),
	ROW("enter 8, 0", "\xc8\x08\x00\x00", RSP, -0xc, 0, 0),
	ROW("call 8:0x1234", "\x9a\x34\x12\x00\x00\x08\x00", RSP, -8, 0, 0),
	ROW("jmp far [ebx]", "\xff\x2b", RBX, 0, 0, 0),
	ROW("les eax, [ebx]", "\xc4\x03", RBX, 0, 0, 0),
	ROW("bound eax, [ebx]", "\x62\x03", RBX, 0, 0, 0),
	ROW("lgdt [ebx]", "\x0f\x01\x13", RBX, 0, 0, 0),
	ROW("fxsave [ebx]", "\x0f\xae\x03", RBX, 0, 0, 0),
	ROW("fnsave [edi]", "\xdd\x37", RDI, 0, 0, 0),
	ROW("bts [ebx], eax", "\x0f\xab\x03", RBX, -4, RAX, 0xffffffff),
	ROW("cmpxchg8b [esi]", "\x0f\xc7\x0e", RSI, 0, 0, 0),
	ROW("vmovups ymm0, [ebx]", "\xc5\xfc\x10\x03", RBX, 0, 0, 0),
	ROW("arpl [ebx], ax", "\x63\x03", RBX, 0, 0, 0),
	ROW("inc dword [ebx]", "\xff\x03", RBX, 0, 0, 0),
};

/* Puts the row's instruction at RIP, and gives all registers but the wrong one valid addresses. */
static void lay(const struct touching *row, uint64_t good, uint64_t wrong)
{
	uint64_t stack = fault.registers[RSP];

	for (unsigned i = 0; i < REGISTERS; i++)
		fault.registers[i] = good;
	fault.registers[RSP] = stack;
	if (row->other != 0 || row->value != 0)
		fault.registers[row->other] = row->value;
	fault.registers[row->wrong] = wrong;
	memset(see(fault.rip), 0x90, INSTRUCTION_MAX);
	memcpy(see(fault.rip), row->bytes, row->count);
}

/* A part that the explanation of a row must have; if it has not, the message says which row it
 * was. */
static void expect_told(const struct touching *row, const char *part)
{
	memset(&said, 0x55, sizeof(said));
	explain(&look, &said);
	if (strstr(said.happened, part) == NULL)
		printf("# %s: %s\n", row->text, said.happened);
	EXPECT_PART(said.happened, part);
}

/* " came from RBX", as the row's register is called here. */
static const char *origin(const struct touching *row)
{
	static char text[32];

	snprintf(text, sizeof(text), "came from %s", register_name(&fault, row->wrong).text);
	return text;
}

/* A non-canonical address must be reported for every row. */
static void expect_not_canonical(unsigned vector)
{
	uint64_t stack;
	char address[40];

	begin_fault(vector);
	fault.has_error = 1;
	stack = fault.registers[RSP];
	for (unsigned i = 0; i < COUNT(wide); i++) {
		fault.registers[RSP] = stack;
		lay(&wide[i], DATA + 0x400, NOT_CANONICAL);
		snprintf(address, sizeof(address), "used %#" PRIx64 " as ",
		         NOT_CANONICAL + (uint64_t)wide[i].distance);
		expect_told(&wide[i], address);
		EXPECT_TEXT(said.kind, "non-canonical");
		expect_told(&wide[i], origin(&wide[i]));
	}
}

TEST("every instruction that accesses a non-canonical address is reported as that, in #GP")
{
	expect_not_canonical(VECTOR_PROTECTION);
}

TEST("every instruction that accesses a non-canonical address is reported as that, in #SS")
{
	expect_not_canonical(VECTOR_STACK);
}

/* A page fault at the row's address must be said to come from its register; one far from it must
 * not. */
static void expect_origin(const struct touching *row, uint64_t good)
{
	uint64_t wrong = fault.code32 != 0 ? (uint32_t)NOT_MAPPED : NOT_MAPPED;

	wrong = strstr(row->text, "[b") != NULL ? wrong >> 16 & 0xff00 : wrong; /* [bx], [bp] */
	lay(row, good, wrong);
	fault.cr2 = wrong + (uint64_t)row->distance;
	expect_told(row, origin(row));
	fault.cr2 += 0x12345;
	explain(&look, &said);
	EXPECT(strstr(said.happened, "came from") == NULL);
}

TEST("the register that an address came from is named in page faults, for every such instruction")
{
	uint64_t stack;

	begin_fault(VECTOR_PAGE);
	fault.has_error = 1;
	stack = fault.registers[RSP];
	for (unsigned i = 0; i < COUNT(wide); i++) {
		fault.registers[RSP] = stack;
		expect_origin(&wide[i], DATA + 0x400);
	}
}

TEST("the register that an address came from is named for 32-bit code as well")
{
	CODE32(VECTOR_PAGE, "");
	fault.has_error = 1;
	for (unsigned i = 0; i < COUNT(code32); i++) {
		fault.registers[RSP] = CODE32_STACK;
		expect_origin(&code32[i], 0x9000);
	}
}

/* Puts an instruction there; the caller writes its bytes. */
#define LAY(text, bytes, wrong)                                                           \
	lay(&(const struct touching){ text, BYTES(bytes), wrong, 0, 0, 0 }, DATA + 0x400, \
	    NOT_MAPPED)

/* Explains, and expects a part of what is said. */
static void expect_part(const char *part)
{
	expect_told(&(const struct touching){ .text = part }, part);
}

TEST("an address that is part of the instruction itself is read there")
{
	begin_fault(VECTOR_PROTECTION);
	fault.has_error = 1;
	LAY("mov al, [moffs]", "\xa0\x00\x00\x00\x00\x00\x90\x00\x00", RAX);
	expect_part("used 0x900000000000 as the address of memory");
	EXPECT_PART(said.happened, "is part of the instruction");
	LAY("mov [moffs], rax", "\x48\xa3\x10\x00\x00\x00\x00\x00\x90\x00", RAX);
	expect_part("used 0x90000000000010 as the address of memory");
	LAY("mov eax, [gs:moffs]", "\x65\xa1\x10\x00\x00\x00\x00\x00\x00\x00", RAX);
	fault.gs_base = NOT_CANONICAL;
	expect_part("used 0x900000000010 as the address of memory");
	EXPECT_PART(said.happened, "relative to GS, whose base is 0x900000000000");
	fault.vector = VECTOR_PAGE;
	LAY("a32 mov eax, [moffs]", "\x67\xa1\x78\x56\x34\x12", RAX);
	fault.cr2 = 0x12345678;
	expect_part("is part of the instruction");
}

TEST("addresses relative to RIP count from the next instruction, whatever is in between")
{
	static const struct touching rows[] = {
		{ "mov eax, [rip + 0x100]", BYTES("\x8b\x05\x00\x01\x00\x00"), 0, 0x106, 0, 0 },
		{ "add dword [rip + 0x100], 0x12345678",
		  BYTES("\x81\x05\x00\x01\x00\x00\x78\x56\x34\x12"), 0, 0x10a, 0, 0 },
		{ "add word [rip + 0x100], 0x1234", BYTES("\x66\x81\x05\x00\x01\x00\x00\x34\x12"),
		  0, 0x109, 0, 0 },
		{ "test byte [rip + 0x100], 1", BYTES("\xf6\x05\x00\x01\x00\x00\x01"), 0, 0x107, 0,
		  0 },
		{ "pshufd xmm0, [rip + 0x100], 1", BYTES("\x66\x0f\x70\x05\x00\x01\x00\x00\x01"), 0,
		  0x109, 0, 0 },
		{ "palignr xmm0, [rip + 0x100], 1",
		  BYTES("\x66\x0f\x3a\x0f\x05\x00\x01\x00\x00\x01"), 0, 0x10a, 0, 0 },
	};

	begin_fault(VECTOR_PROTECTION);
	for (unsigned i = 0; i < COUNT(rows); i++) {
		lay(&rows[i], DATA, DATA);
		EXPECT_EQUAL(instruction_read(&look).operands[0].address,
		             fault.rip + (uint64_t)rows[i].distance);
	}
}

TEST("what only computes with an address, or does not mind it, touches nothing")
{
	begin_fault(VECTOR_PROTECTION);
	LAY("lea rax, [rbx]", "\x48\x8d\x03", RBX);
	EXPECT_EQUAL(instruction_read(&look).operand_count, 0);
	LAY("prefetcht0 [rbx]", "\x0f\x18\x0b", RBX);
	EXPECT_EQUAL(instruction_read(&look).operand_count, 0);
	LAY("nop [rbx]", "\x0f\x1f\x03", RBX);
	EXPECT_EQUAL(instruction_read(&look).operand_count, 0);
	LAY("invlpg [rbx]", "\x0f\x01\x3b", RBX);
	EXPECT_EQUAL(instruction_read(&look).operand_count, 0);
	LAY("mov cr3, rbx, with the bits that are ignored", "\x0f\x22\x1b", RBX);
	EXPECT_EQUAL(instruction_read(&look).operand_count, 0);
}

/* What an instruction wants its operand, at [rbx], to be a multiple of. */
static unsigned wanted(const char *text, const char *bytes, unsigned count)
{
	struct instruction in;

	lay(&(const struct touching){ text, bytes, count, RBX, 0, 0, 0 }, DATA, DATA);
	in = instruction_read(&look);
	return operands_alignment(&in);
}

TEST("each instruction that wants its operand aligned is known, and those that do not are")
{
	begin_fault(VECTOR_PROTECTION);
	EXPECT_EQUAL(wanted("movaps", BYTES("\x0f\x28\x03")), 16);
	EXPECT_EQUAL(wanted("movups", BYTES("\x0f\x10\x03")), 1);
	EXPECT_EQUAL(wanted("paddd xmm0", BYTES("\x66\x0f\xfe\x03")), 16);
	EXPECT_EQUAL(wanted("paddd mm0", BYTES("\x0f\xfe\x03")), 1);
	EXPECT_EQUAL(wanted("movd xmm0", BYTES("\x66\x0f\x6e\x03")), 1);
	EXPECT_EQUAL(wanted("movq xmm0", BYTES("\xf3\x0f\x7e\x03")), 1);
	EXPECT_EQUAL(wanted("mulss", BYTES("\xf3\x0f\x59\x03")), 1);
	EXPECT_EQUAL(wanted("cvtps2pd", BYTES("\x0f\x5a\x03")), 1);
	EXPECT_EQUAL(wanted("bt word", BYTES("\x66\x0f\xa3\x03")), 1);
	EXPECT_EQUAL(wanted("pmovzxbw", BYTES("\x66\x0f\x38\x30\x03")), 1);
	EXPECT_EQUAL(wanted("pshufb xmm0", BYTES("\x66\x0f\x38\x00\x03")), 16);
	EXPECT_EQUAL(wanted("movntdqa", BYTES("\x66\x0f\x38\x2a\x03")), 16);
	EXPECT_EQUAL(wanted("pcmpistri", BYTES("\x66\x0f\x3a\x63\x03\x01")), 1);
	EXPECT_EQUAL(wanted("sha256rnds2", BYTES("\x0f\x38\xcb\x03")), 16);
	EXPECT_EQUAL(wanted("fxsave", BYTES("\x0f\xae\x03")), 16);
	EXPECT_EQUAL(wanted("ldmxcsr", BYTES("\x0f\xae\x13")), 1);
	EXPECT_EQUAL(wanted("xsave", BYTES("\x0f\xae\x23")), 64);
	EXPECT_EQUAL(wanted("clflush", BYTES("\x0f\xae\x3b")), 1);
	EXPECT_EQUAL(wanted("xsavec", BYTES("\x0f\xc7\x23")), 64);
	EXPECT_EQUAL(wanted("cmpxchg8b", BYTES("\x0f\xc7\x0b")), 1);
	EXPECT_EQUAL(wanted("cmpxchg16b", BYTES("\x48\x0f\xc7\x0b")), 16);
	EXPECT_EQUAL(wanted("vmovaps ymm0", BYTES("\xc5\xfc\x28\x03")), 32);
	EXPECT_EQUAL(wanted("vmovdqa xmm0", BYTES("\xc5\xf9\x6f\x03")), 16);
	EXPECT_EQUAL(wanted("vmovdqu ymm0", BYTES("\xc5\xfe\x6f\x03")), 1);
	EXPECT_EQUAL(wanted("vaddps ymm0", BYTES("\xc5\xf4\x58\x03")), 1);
	EXPECT_EQUAL(wanted("pshufhw xmm0", BYTES("\xf3\x0f\x70\x03\x01")), 16);
	EXPECT_EQUAL(wanted("pshuflw xmm0", BYTES("\xf2\x0f\x70\x03\x01")), 16);
	EXPECT_EQUAL(wanted("cvtpd2pi mm0", BYTES("\x66\x0f\x2d\x03")), 16);
	EXPECT_EQUAL(wanted("cvttpd2pi mm0", BYTES("\x66\x0f\x2c\x03")), 16);
	EXPECT_EQUAL(wanted("cvtpi2pd xmm0", BYTES("\x66\x0f\x2a\x03")), 1);
	EXPECT_EQUAL(wanted("cvtss2si with 66h", BYTES("\xf3\x66\x0f\x2d\x03")), 1);
	EXPECT_EQUAL(wanted("vmovaps zmm0", BYTES("\x62\xf1\x7c\x48\x28\x03")), 64);
}

TEST("tables, segments and far returns are not given bases and targets that are not canonical")
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table = { 0x17, NOT_CANONICAL };
	uint64_t target = NOT_CANONICAL;

	begin_fault(VECTOR_PROTECTION);
	fault.has_error = 1;
	LAY("lgdt [rbx]", "\x0f\x01\x13", RBX);
	fault.registers[RBX] = DATA + 0x20;
	memcpy(see(DATA + 0x20), &table, sizeof(table));
	expect_part("used 0x900000000000 as the GDT's base");
	LAY("lidt [rbx]", "\x0f\x01\x1b", RBX);
	fault.registers[RBX] = DATA + 0x20;
	expect_part("used 0x900000000000 as the IDT's base");
	LAY("wrgsbase rbx", "\xf3\x48\x0f\xae\xdb", RBX);
	fault.registers[RBX] = NOT_CANONICAL;
	expect_part("as the base of GS");
	LAY("sysretq", "\x48\x0f\x07", RCX);
	fault.registers[RCX] = NOT_CANONICAL;
	expect_part("as the address to return to");
	LAY("retfq", "\x48\xcb", RBX);
	memcpy(see(fault.registers[RSP]), &target, sizeof(target));
	expect_part("as the address to return to");
	LAY("jmp far [rbx]", "\x48\xff\x2b", RBX);
	fault.registers[RBX] = DATA + 0x40;
	memcpy(see(DATA + 0x40), &target, sizeof(target));
	expect_part("as the target of a jump or call");
}

TEST("an address to which a vector of indices is added is told as far as it is known")
{
	begin_fault(VECTOR_PROTECTION);
	fault.has_error = 1;
	LAY("vgatherdps xmm1, [rbx + xmm2], xmm3", "\xc4\xe2\x61\x92\x0c\x13", RBX);
	fault.registers[RBX] = NOT_CANONICAL;
	fault.registers[RDX] = 1; /* has nothing to do with it */
	expect_part("used 0x900000000000 as the address of memory");
	EXPECT_PART(said.happened, "came from RBX and a vector of indices, with RBX = ");
	LAY("vpscatterdd [rbx + zmm4 * 4]{k1}, zmm1", "\x62\xf2\x7d\x49\xa0\x0c\xa3", RBX);
	expect_page(NOT_MAPPED + 0x12345, 2, "not-mapped", "came from RBX and a vector of indices");
	LAY("tileloadd tmm1, [rbx + rcx]", "\xc4\xe2\x7b\x4b\x0c\x0b", RBX);
	expect_page(NOT_MAPPED + 0x2000, 0, "not-mapped", "came from RBX and RCX, with RBX = ");
}

TEST("of what lies on the stack, the word that was not mapped is told")
{
	begin_fault(VECTOR_PAGE);
	LAY("enter 0x20, 0", "\xc8\x20\x00\x00", RSP);
	expect_page(NOT_MAPPED - 8, 2, "not-mapped", "came from RSP - 0x8, with RSP = ");
	LAY("iretq", "\x48\xcf", RSP);
	expect_page(NOT_MAPPED + 0x18, 0, "not-mapped", "came from RSP + 0x18, with RSP = ");
}

TEST("an alignment check tells the address, and what moves 64 bytes at once which one it was")
{
	begin_fault(VECTOR_ALIGNMENT);
	fault.has_error = 1;
	fault.cs |= 3;
	fault.rflags |= RFLAGS_AC;
	LAY("mov eax, [rbx + 1]", "\x8b\x43\x01", RBX);
	expect_part("used a misaligned address, 0x123456780001, in user mode, with RFLAGS.AC on.");
	EXPECT_PART(said.happened, "came from RBX + 0x1, with RBX = ");
	LAY("rep movsq", "\xf3\x48\xa5", RDI);
	fault.registers[RDI] = NOT_MAPPED + 4;
	expect_part("0x123456780004, in user mode");
	fault.cs = 8;
	LAY("lock xadd [rdx + 62], rax", "\xf0\x48\x0f\xc1\x42\x3e", RDX);
	expect_part("0x1234567");
	EXPECT_PART(said.happened, "with a locked instruction, across two cache lines.");
	fault.vector = VECTOR_PROTECTION;
	LAY("movdir64b rax, [rbx]", "\x66\x0f\x38\xf8\x03", RBX);
	fault.registers[RBX] = DATA + 1;
	fault.registers[RAX] = DATA + 0x20;
	expect_part("requires a multiple of 64");
	EXPECT_PART(said.happened, "it is 32 off");
}

TEST("in user mode, what only ring 0 may execute is told from what everybody may")
{
	static const struct {
		const char *bytes;
		unsigned count;
		const char *kind;    /* at an address that is not canonical, if it has one */
		const char *by_umip; /* the same with CR4.UMIP */
	} rows[] = {
		{ BYTES("\xf4"), "privileged", "privileged" },                 /* hlt */
		{ BYTES("\xfb"), "privileged", "privileged" },                 /* sti */
		{ BYTES("\xee"), "privileged", "privileged" },                 /* out */
		{ BYTES("\x0f\x07"), "privileged", "privileged" },             /* sysret */
		{ BYTES("\x0f\x30"), "privileged", "privileged" },             /* wrmsr */
		{ BYTES("\x0f\x22\xd8"), "privileged", "privileged" },         /* mov cr3, rax */
		{ BYTES("\x0f\x01\x13"), "privileged", "privileged" },         /* lgdt */
		{ BYTES("\x0f\x01\x3b"), "privileged", "privileged" },         /* invlpg */
		{ BYTES("\x0f\x01\xf0"), "privileged", "privileged" },         /* lmsw */
		{ BYTES("\x0f\x01\xd1"), "privileged", "privileged" },         /* xsetbv */
		{ BYTES("\x0f\x01\xf8"), "privileged", "privileged" },         /* swapgs */
		{ BYTES("\x0f\x00\x13"), "privileged", "privileged" },         /* lldt */
		{ BYTES("\x0f\xc7\x2b"), "privileged", "privileged" },         /* xsaves */
		{ BYTES("\x66\x0f\x38\x82\x03"), "privileged", "privileged" }, /* invpcid */
		{ BYTES("\x0f\x01\x03"), "non-canonical", "privileged" },      /* sgdt */
		{ BYTES("\x0f\x01\x23"), "non-canonical", "privileged" },      /* smsw */
		{ BYTES("\x0f\x00\x0b"), "non-canonical", "privileged" },      /* str */
		{ BYTES("\x0f\x00\x23"), "non-canonical", "non-canonical" },   /* verr */
		{ BYTES("\x0f\xc7\x23"), "non-canonical", "non-canonical" },   /* xsavec */
		{ BYTES("\x8b\x03"), "non-canonical", "non-canonical" },       /* mov */
	};

	begin_fault(VECTOR_PROTECTION);
	fault.has_error = 1;
	fault.cs |= 3;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		lay(&(const struct touching){ "", rows[i].bytes, rows[i].count, RBX, 0, 0, 0 },
		    DATA + 0x400, NOT_CANONICAL);
		fault.cr4 &= ~(uint64_t)CR4_UMIP;
		explain(&look, &said);
		EXPECT_TEXT(said.kind, rows[i].kind);
		fault.cr4 |= CR4_UMIP;
		explain(&look, &said);
		EXPECT_TEXT(said.kind, rows[i].by_umip);
	}
}
