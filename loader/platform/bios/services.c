/* SPDX-License-Identifier: MIT */
/* services.c - small BIOS services, one function each. Every register that is not named is zero:
 * otherwise some BIOSes fail. */
#include "platform/bios/services.h"

#include "platform/bios/call.h"
#include "platform/platform.h"
#include "x86/restart.h"

/* APM 1.2, section 4: functions, and what the check answers in BX. */
#define APM_CHECK      0x5300
#define APM_CONNECT_32 0x5303
#define APM_DISCONNECT 0x5304
#define APM_SIGN       0x504d

#define TSC_PER_SECOND 32 /* 2^32 ticks: a second or two, or more on slow CPUs */

/* Calls the BIOS with these registers, and stores its results in them. */
static void ask(uint8_t number, struct bios_registers *registers)
{
	bios_call(number, registers, registers);
}

/* A two-digit BCD number. */
static uint8_t from_bcd(uint32_t bcd)
{
	return (uint8_t)((bcd >> 4 & 15) * 10 + (bcd & 15));
}

void bios_read_time(struct clock *clock)
{
	struct bios_registers date = { .eax = 0x0400 }, time = { .eax = 0x0200 };

	ask(0x1a, &date); /* int 1Ah, AH = 04h */
	ask(0x1a, &time); /* AH = 02h */
	if (((date.eflags | time.eflags) & BIOS_CARRY) != 0)
		return;
	clock->year = (uint16_t)(from_bcd(date.ecx >> 8) * 100 + from_bcd(date.ecx));
	clock->month = from_bcd(date.edx >> 8);
	clock->day = from_bcd(date.edx);
	clock->hour = from_bcd(time.ecx >> 8);
	clock->minute = from_bcd(time.ecx);
	clock->second = from_bcd(time.edx >> 8);
}

/* Disconnects the interface of APM. */
static void disconnect_apm(void)
{
	ask(0x15, &(struct bios_registers){ .eax = APM_DISCONNECT });
}

/* The 32-bit interface of APM. The BIOS reports its location only while it is connected. */
static void read_apm(struct apm *apm)
{
	struct bios_registers check = { .eax = APM_CHECK }, out = { .eax = APM_CONNECT_32 };

	ask(0x15, &check);
	if ((check.eflags & BIOS_CARRY) != 0 || (check.ebx & 0xffff) != APM_SIGN)
		return;
	disconnect_apm();
	ask(0x15, &out);
	if ((out.eflags & BIOS_CARRY) != 0)
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

void bios_read_old(struct bios *bios)
{
	struct bios_registers out = { .eax = 0xc000 };

	read_apm(&bios->apm);
	ask(0x15, &out);
	if ((out.eflags & BIOS_CARRY) == 0 && (out.eax >> 8 & 0xff) == 0)
		bios->configuration = out.es * UINT64_C(16) + (out.ebx & 0xffff);
}

void bios_release_old(const struct bios *bios)
{
	if (bios->apm.version != 0)
		disconnect_apm();
}

void bios_set_mode(uint8_t mode)
{
	/* Int 10h, AH = 00h. */
	ask(0x10, &(struct bios_registers){ .eax = mode });
}

void bios_enter_screen(enum entry_screen screen)
{
	static const uint8_t modes[] = {
		[ENTRY_SCREEN_VGA_TEXT] = 3,      /* 80x25 characters */
		[ENTRY_SCREEN_VGA_320X200] = 0x13 /* 256 colours from 0xa0000 on */
	};

	if (screen != ENTRY_SCREEN_AS_IS)
		bios_set_mode(modes[screen]);
}

/* Colours the cell at the cursor: int 10h, AH = 09h, a space on page 0. */
static void paint(uint8_t attribute)
{
	ask(0x10, &(struct bios_registers){ .eax = 0x0920, .ebx = attribute, .ecx = 1 });
}

/* Shows a character: int 10h, AH = 0Eh, on page 0; in text mode the cell's colours stay. */
static void put(char c)
{
	ask(0x10, &(struct bios_registers){ .eax = 0x0e00 | (uint8_t)c, .ebx = 0x0007 });
}

void bios_write(const char *text, size_t length, enum colour colour)
{
	for (; length > 0; length--, text++) {
		if (*text == '\n')
			put('\r');
		else if (colour != COLOUR_AS_IS)
			paint(colour_attribute(colour));
		put(*text);
	}
}

unsigned bios_columns(void)
{
	struct bios_registers out = { .eax = 0x0f00 };

	ask(0x10, &out); /* int 10h, AH = 0Fh */
	return (out.eax >> 8 & 0xff) != 0 ? out.eax >> 8 & 0xff : 80;
}

void bios_clear(void)
{
	const uint32_t last_row = 24, last_column = bios_columns() - 1;

	/* Int 10h, AH = 06h, AL = 0: empties the rows from CX to DX; AH = 02h: the cursor to DX. */
	ask(0x10, &(struct bios_registers){ .eax = 0x0600,
	                                    .ebx = (uint32_t)colour_attribute(COLOUR_PLAIN) << 8,
	                                    .edx = last_row << 8 | last_column });
	ask(0x10, &(struct bios_registers){ .eax = 0x0200 });
}

bool bios_power_off(struct report *report)
{
	/* APM 1.2: connect in real mode, agree on version 1.2, switch all devices (BX = 1) off (CX
	 * = 3). */
	static const struct bios_registers calls[] = {
		{ .eax = 0x5301 },
		{ .eax = 0x530e, .ecx = 0x0102 },
		{ .eax = 0x5307, .ebx = 1, .ecx = 3 },
	};
	struct bios_registers out = { 0 };

	for (unsigned i = 0; i < COUNT(calls) && (out.eflags & BIOS_CARRY) == 0; i++)
		bios_call(0x15, &calls[i], &out);
	return refuse(report, DIAG_BIOS_NO_POWER_OFF, "int 15h, AX=5307h (APM) answers %#x",
	              (unsigned)out.eax >> 8 & 0xff);
}

/* Has the BIOS wait. False if it does not. */
static bool bios_wait(unsigned seconds)
{
	uint32_t microseconds = seconds * 1000000;
	struct bios_registers wait = { .eax = 0x8600,
		                       .ecx = microseconds >> 16,
		                       .edx = microseconds & 0xffff };

	ask(0x15, &wait); /* int 15h, AH = 86h: wait CX:DX microseconds */
	return (wait.eflags & BIOS_CARRY) == 0;
}

_Noreturn void bios_reboot(unsigned seconds)
{
	lone_reboot(bios_wait(seconds) ? 0 : seconds);
}

_Noreturn void lone_reboot(unsigned seconds)
{
	uint64_t begin = platform_time();

	while (platform_time() - begin < (uint64_t)seconds << TSC_PER_SECOND)
		;
	restart();
	platform_write(RESTART_FAILS);
	restart_by_failing();
}
