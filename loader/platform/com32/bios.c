/* SPDX-License-Identifier: MIT */
/*
 * bios.c - asks the BIOS. Every register not named is zero, and every buffer lies below 1 MiB, or
 * some BIOS fails.
 */
#include "platform/com32/bios.h"

#include "core/acpi.h"
#include "platform/com32/syslinux.h"
#include "x86/x86.h"

#define SMAP  0x534d4150 /* "SMAP", read as the CPU holds it */
#define CARRY 1u         /* in EFLAGS */

/* APM 1.2, section 4: functions, and what the check answers in BX. */
#define APM_CHECK      0x5300
#define APM_CONNECT_32 0x5303
#define APM_DISCONNECT 0x5304
#define APM_SIGN       0x504d

/* An entry as int 15h, AX=E820h writes it (ACPI 6.5, table 15.5). */
struct e820_entry {
	uint64_t begin;
	uint64_t size;
	uint32_t type;
	uint32_t attributes;
};
_Static_assert(sizeof(struct e820_entry) == 24, "ACPI 6.5, table 15.5");

/* One step of E820: the next entry into *entry; *next becomes where to go on, 0 at the end. False
 * if there is none. */
static bool e820_step(struct e820_entry *low, struct e820_entry *entry, uint32_t *next)
{
	struct bios_registers in = {
		.eax = 0xe820, .edx = SMAP, .ecx = sizeof(*low), .ebx = *next
	};
	struct bios_registers out = { 0 };

	*low = (struct e820_entry){ .attributes = 1 };
	in.es = segment_of(low);
	in.edi = offset_of(low);
	__intcall(0x15, &in, &out);
	if ((out.eflags & CARRY) != 0 || out.eax != SMAP || out.ecx < 20)
		return false;
	*entry = *low;
	if (out.ecx < 24)
		entry->attributes = 1;
	*next = out.ebx;
	return true;
}

/* Reads the map that E820 gives, entry by entry. Returns how many there are. */
static unsigned read_e820(struct bios_facts *facts)
{
	struct e820_entry *low = lmalloc(sizeof(*low));
	struct e820_entry entry;
	uint32_t next = 0;
	unsigned count = 0;

	while (low != NULL && count < COUNT(facts->ranges) && e820_step(low, &entry, &next)) {
		facts->ranges[count++] = (struct firmware_range){ entry.begin, entry.size,
			                                          entry.type, entry.attributes };
		if (next == 0)
			break;
	}
	free(low);
	return count;
}

/* Adds memory to the map, unless it is empty. */
static void add_memory(struct bios_facts *facts, unsigned *count, uint64_t begin, uint64_t size)
{
	if (size != 0)
		facts->ranges[(*count)++] = (struct firmware_range){ begin, size, 1, 1 };
}

/* What older calls tell: int 12h for the first MiB, int 15h AX=E801h or AH=88h for the rest. */
static unsigned read_old_map(struct bios_facts *facts)
{
	struct bios_registers low = { 0 }, high = { 0 };
	unsigned count = 0;

	__intcall(0x12, &(struct bios_registers){ 0 }, &low);
	add_memory(facts, &count, 0, (low.eax & 0xffff) * KIB);
	__intcall(0x15, &(struct bios_registers){ .eax = 0xe801 }, &high);
	if ((high.eflags & CARRY) == 0) {
		bool in_cx = (high.ecx & 0xffff) != 0; /* some BIOSes answer in CX and DX */

		add_memory(facts, &count, MIB, ((in_cx ? high.ecx : high.eax) & 0xffff) * KIB);
		add_memory(facts, &count, 16 * MIB,
		           ((in_cx ? high.edx : high.ebx) & 0xffff) * 64 * KIB);
		return count;
	}
	__intcall(0x15, &(struct bios_registers){ .eax = 0x8800 }, &high);
	if ((high.eflags & CARRY) == 0)
		add_memory(facts, &count, MIB, (high.eax & 0xffff) * KIB);
	return count;
}

bool bios_read_memory(struct machine *machine, struct bios_facts *facts, struct report *report)
{
	unsigned count = read_e820(facts);

	if (count == 0)
		count = read_old_map(facts);
	machine->firmware = facts->ranges;
	machine->firmware_count = count;
	return count > 0
	    || refuse(report, DIAG_BIOS_NO_MAP, "int 15h, AX = E820h, E801h and 8800h all fail");
}

/* True if the bytes add up to 0, as the sums in firmware tables do. */
static bool sums_to_zero(const uint8_t *bytes, unsigned count)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

/* Looks for a table that begins with `sign` at every 16th byte of [begin, end). Its size: `size`,
 * or in byte `size_at`. */
static uint64_t find_table(uintptr_t begin, uintptr_t end, const char *sign, unsigned size,
                           unsigned size_at)
{
	struct span rom = { (const uint8_t *)begin, end - begin };
	size_t length = text_length(sign);
	uint32_t word;
	uint64_t at;

	memcpy(&word, sign, sizeof(word));
	for (at = span_find_word(rom, 0, 16, word); at < rom.size;
	     at = span_find_word(rom, at + 16, 16, word)) {
		const uint8_t *bytes = rom.bytes + (size_t)at;

		if (memcmp(bytes, sign, length) == 0
		    && sums_to_zero(bytes, size_at != 0 ? bytes[size_at] : size))
			return begin + at;
	}
	return 0;
}

/* The RSDP (ACPI 6.5, 5.2.5.1): in the first KiB of the extended BIOS data area, or in the BIOS's
 * ROM, of which the upper half is where it mostly is. */
static uint64_t find_rsdp(void)
{
	uintptr_t ebda = (uintptr_t) * (const volatile uint16_t *)0x40e << 4;
	uint64_t found = ebda >= 0x400 && ebda < 0xa0000
	                       ? find_table(ebda, ebda + KIB, "RSD PTR ", 20, 0)
	                       : 0;

	if (found == 0)
		found = find_table(0xf0000, 0x100000, "RSD PTR ", 20, 0);
	return found != 0 ? found : find_table(0xe0000, 0xf0000, "RSD PTR ", 20, 0);
}

/* A number in packed decimal, two digits. */
static uint8_t from_bcd(uint32_t bcd)
{
	return (uint8_t)((bcd >> 4 & 15) * 10 + (bcd & 15));
}

/* Date and time (int 1Ah, AH = 04h and 02h); left 0 if the clock does not run. */
static void read_time(struct clock *clock)
{
	struct bios_registers date = { 0 }, time = { 0 };

	__intcall(0x1a, &(struct bios_registers){ .eax = 0x0400 }, &date);
	__intcall(0x1a, &(struct bios_registers){ .eax = 0x0200 }, &time);
	if (((date.eflags | time.eflags) & CARRY) != 0)
		return;
	clock->year = (uint16_t)(from_bcd(date.ecx >> 8) * 100 + from_bcd(date.ecx));
	clock->month = from_bcd(date.edx >> 8);
	clock->day = from_bcd(date.edx);
	clock->hour = from_bcd(time.ecx >> 8);
	clock->minute = from_bcd(time.ecx);
	clock->second = from_bcd(time.edx >> 8);
}

/* Where we were started from. */
static void read_drive(struct machine *machine, const struct derivative_info *info)
{
	machine->network = info->kind == SYSLINUX_NETWORK;
	if (machine->network)
		return;
	machine->boot_drive = info->drive;
	if (info->partition != NULL)
		machine->boot_partition = *info->partition;
}

bool bios_read_facts(struct machine *machine, struct bios_facts *facts)
{
	struct derivative_info info = { 0 };
	unsigned cpus;

	machine->rsdp = find_rsdp();
	machine->smbios = find_table(0xf0000, 0x100000, "_SM_", 0, 5);
	machine->smbios3 = find_table(0xf0000, 0x100000, "_SM3_", 0, 6);
	read_time(&machine->clock);
	cpus = acpi_processors(machine, facts->processors, COUNT(facts->processors));
	machine->cpu_count = cpus != 0 ? cpus : 1;
	machine->processors = facts->processors;
	machine->processor_count = (unsigned)min_u64(cpus, COUNT(facts->processors));
	machine->apic_id = cpu_apic_id();
	machine->folder = core_getcwd(facts->folder, sizeof(facts->folder));
	get_derivative_info(&info);
	read_drive(machine, &info);
	return true;
}

/* The 32-bit interface of APM. Only while it is connected does the BIOS tell where it is. */
static void read_apm(struct apm *apm)
{
	struct bios_registers check = { 0 }, out = { 0 };

	__intcall(0x15, &(struct bios_registers){ .eax = APM_CHECK }, &check);
	if ((check.eflags & CARRY) != 0 || (check.ebx & 0xffff) != APM_SIGN)
		return;
	bios_disconnect_apm();
	__intcall(0x15, &(struct bios_registers){ .eax = APM_CONNECT_32 }, &out);
	if ((out.eflags & CARRY) != 0)
		return;
	*apm = (struct apm){ .version = (uint16_t)check.eax,
		             .flags = (uint16_t)check.ecx,
		             .code_32 = (uint16_t)out.eax,
		             .code_32_size = (uint16_t)(out.esi >> 16),
		             .code_16 = (uint16_t)out.ecx,
		             .code_16_size = (uint16_t)out.esi,
		             .data = (uint16_t)out.edx,
		             .data_size = (uint16_t)out.edi,
		             .entry = out.ebx };
}

bool bios_read_old(struct machine *machine)
{
	struct bios_registers out = { 0 };

	read_apm(&machine->apm);
	__intcall(0x15, &(struct bios_registers){ .eax = 0xc000 }, &out);
	if ((out.eflags & CARRY) == 0 && (out.eax >> 8 & 0xff) == 0)
		machine->rom_configuration = out.es * UINT64_C(16) + (out.ebx & 0xffff);
	return true;
}

void bios_disconnect_apm(void)
{
	__intcall(0x15, &(struct bios_registers){ .eax = APM_DISCONNECT },
	          &(struct bios_registers){ 0 });
}

void bios_set_mode(uint8_t mode)
{
	/* Int 10h, AH = 00h. */
	__intcall(0x10, &(struct bios_registers){ .eax = mode }, &(struct bios_registers){ 0 });
}

_Noreturn void bios_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

bool bios_power_off(struct report *report)
{
	/* APM 1.2: connect in real mode, speak version 1.2, switch all devices (BX = 1) off (CX =
	 * 3). */
	static const struct bios_registers calls[] = {
		{ .eax = 0x5301 },
		{ .eax = 0x530e, .ecx = 0x0102 },
		{ .eax = 0x5307, .ebx = 1, .ecx = 3 },
	};
	struct bios_registers out = { 0 };

	for (unsigned i = 0; i < COUNT(calls) && (out.eflags & CARRY) == 0; i++)
		__intcall(0x15, &calls[i], &out);
	return refuse(report, DIAG_BIOS_NO_POWER_OFF, "int 15h, AX=5307h (APM) answers %#x",
	              (unsigned)out.eax >> 8 & 0xff);
}

_Noreturn void bios_reboot(unsigned seconds)
{
	uint32_t microseconds = seconds * 1000000;

	/* Int 15h, AH = 86h: wait CX:DX microseconds. */
	__intcall(0x15,
	          &(struct bios_registers){
			  .eax = 0x8600, .ecx = microseconds >> 16, .edx = microseconds & 0xffff },
	          &(struct bios_registers){ 0 });
	outb(PORT_KEYBOARD_COMMAND, KEYBOARD_RESET);
	bios_halt();
}
