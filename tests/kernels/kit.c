/* SPDX-License-Identifier: MIT */
/* kit.c - see kit.h. Knows the PC's ports; uses no SSE and no memory but its own. */
#include "kit.h"

#include <stdarg.h>

enum {
	COM1 = 0x3f8,
	COM1_LINE_STATUS = COM1 + 5,
	CAN_SEND = 0x20,
	ALL_SENT = 0x40,
	DEBUG_CONSOLE = 0xe9,
	DEBUG_EXIT = 0xf4,
	BOCHS_SHUTDOWN = 0x8900,
	EXIT_PASSED = 16,
	EXIT_FAILED = 17,
};

static unsigned int checks;
static unsigned int failures;

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* Waits for COM1, but only a moment for a serial port that does not answer. */
static void wait_for(uint8_t status)
{
	for (int patience = 100000; patience > 0 && !(in8(COM1_LINE_STATUS) & status); patience--)
		;
}

/* Sends one character. */
static void put(char character)
{
	wait_for(CAN_SEND);
	out8(COM1, (uint8_t)character);
	out8(DEBUG_CONSOLE, (uint8_t)character);
}

static void put_text(const char *text)
{
	for (; *text; text++)
		put(*text);
}

static void put_number(uint64_t number, unsigned int base, unsigned int width)
{
	char digits[20];
	unsigned int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	for (; width > count; width--)
		put('0');
	while (count)
		put(digits[--count]);
}

void say(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	for (; *format; format++) {
		unsigned int width = 0;
		bool is_long = false;

		if (*format != '%') {
			put(*format);
			continue;
		}
		for (format++; *format >= '0' && *format <= '9'; format++)
			width = width * 10 + (unsigned int)(*format - '0');
		if (*format == 'l') {
			is_long = true;
			format++;
		}
		if (*format == 's')
			put_text(va_arg(values, const char *));
		else if (*format == 'c')
			put((char)va_arg(values, int));
		else if (*format == 'u' || *format == 'x')
			put_number(is_long ? va_arg(values, uint64_t)
			                   : va_arg(values, unsigned int),
			           *format == 'u' ? 10 : 16, width);
		else
			put(*format);
	}
	va_end(values);
}

void expect(bool is_true, const char *claim)
{
	checks++;
	failures += !is_true;
	say("%s %s\n", is_true ? "ok    " : "FAILED", claim);
}

void expect_equal(uint64_t found, uint64_t expected, const char *what)
{
	checks++;
	failures += found != expected;
	if (found == expected)
		say("ok     %s is 0x%lx\n", what, found);
	else
		say("FAILED %s: expected 0x%lx, found 0x%lx\n", what, expected, found);
}

void tell(const struct longjump_boot_info *info)
{
#define TELL(field) say(#field "=%lx\n", (uint64_t)info->field)
	say("loader=%s\ncommand_line=%s\n", info->loader, info->command_line);
	say("info=%lx\n", (uint64_t)info);
	TELL(version), TELL(size), TELL(direct_map), TELL(direct_map_end);
	TELL(kernel_begin), TELL(kernel_end), TELL(kernel_physical), TELL(kernel_slide),
		TELL(entry);
	TELL(stack_begin), TELL(stack_end);
	TELL(tls_begin), TELL(tls_file_size), TELL(tls_size), TELL(tls_align);
	TELL(tsc_start), TELL(tsc_read), TELL(tsc_jump), TELL(tsc_frequency);
	TELL(rsdp_physical), TELL(smbios_physical), TELL(smbios3_physical);
	TELL(firmware), TELL(efi.system_table_physical), TELL(efi.memory_map_size);
	TELL(module_count), TELL(symbol_count), TELL(cpu_count), TELL(boot_drive),
		TELL(paging_levels), TELL(kaslr_entropy);
#undef TELL
	for (uint64_t i = 0; i < info->memory_map_count; i++)
		say("memory=%lx %lx %u\n", info->memory_map[i].begin, info->memory_map[i].end,
		    info->memory_map[i].type);
	for (uint64_t i = 0; i < info->segment_count; i++)
		say("segment=%lx %lx %lx %u\n", info->segments[i].virtual_begin,
		    info->segments[i].virtual_end, info->segments[i].physical,
		    info->segments[i].rights);
}

_Noreturn void finish(void)
{
	if (failures || !checks)
		say("FAIL %u of %u checks\n", failures, checks);
	else
		say("PASS %u checks\n", checks);
	wait_for(ALL_SENT);
	out32(DEBUG_EXIT, failures || !checks ? EXIT_FAILED : EXIT_PASSED);
	for (const char *word = "Shutdown"; *word; word++)
		out8(BOCHS_SHUTDOWN, (uint8_t)*word);
	halt();
}

_Noreturn void halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

bool text_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The compiler calls these by itself. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memset(void *to, int value, size_t size)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return start;
}
