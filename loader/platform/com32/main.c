/* SPDX-License-Identifier: MIT */
/*
 * main.c - longjump.c32: implements platform.h with Syslinux and the BIOS. A kernel that cannot be
 * started leaves the user at ISOLINUX's prompt.
 */
#include "core/acpi.h"
#include "core/run.h"
#include "platform/bios/call.h"
#include "platform/bios/e820.h"
#include "platform/bios/services.h"
#include "platform/bios/tables.h"
#include "platform/bios/vbe.h"
#include "platform/com32/file.h"
#include "platform/com32/main.h"
#include "platform/com32/memory.h"
#include "platform/com32/syslinux.h"
#include "platform/console/clock.h"
#include "platform/console/console.h"
#include "platform/console/screen.h"
#include "platform/console/watch.h"
#include "platform/platform.h"
#include "platform/pc/cpu.h"
#include "platform/pc/tsc.h"
#include "x86/x86.h"

#define OPTICAL_DRIVE 0xe0       /* the lowest BIOS number of optical drives */
#define STACK_MAX     (64 * KIB) /* around the stack pointer: more than Syslinux's stack has */

/* Syslinux's flow control word (syslinux.txt, SERIAL): signals to wait for, as in the modem status;
 * and that CONSOLE 0 has switched the screen off. */
enum { FLOW_WAIT = 0xf0, FLOW_NO_SCREEN = 0x8000 };

/* The module from its first to its last byte (module.ld). */
extern const char module_begin[], module_end[];

/* The resident part (resident.asm). */
extern const uint8_t resident_begin[];
extern const uint8_t resident_end[];

/* What struct machine points at. Syslinux clears a module's .bss byte by byte, so this is taken
 * from its heap instead. */
struct facts {
	struct firmware_range ranges[512];
	struct processor processors[256];
	struct bios bios;
	char folder[256];
};

static struct run run;
static const char *const *words;
static unsigned word_count;

uint64_t platform_time(void)
{
	return rdtsc();
}

void platform_open(struct machine *machine)
{
	const struct serial_console *syslinux = &__syslinux_serial_console_info;
	uintptr_t stack = (uintptr_t)__builtin_frame_address(0);

	console_open(&(struct console){ .screen = (syslinux->flow & FLOW_NO_SCREEN) == 0,
	                                .port = syslinux->iobase,
	                                .divisor = syslinux->divisor,
	                                .wait = (uint8_t)(syslinux->flow & FLOW_WAIT) });
	watch_open(machine);
	machine->identity_limit = 4 * GIB;
	machine->resident =
		(struct span){ resident_begin, (uint64_t)(resident_end - resident_begin) };
	machine_reserve(machine, (uintptr_t)module_begin, (uintptr_t)module_end);
	machine_reserve(machine, stack - min_u64(stack, STACK_MAX), stack + STACK_MAX);
}

/* The BIOS's clock (BIOS data area, 0040h:006Ch). */
uint32_t clock_ticks(void)
{
	return *(const volatile uint32_t *)0x46c;
}

bool platform_words(unsigned *count, const char *const **list, struct report *report)
{
	(void)report; /* argv is always there */
	*count = word_count;
	*list = words;
	return true;
}

bool platform_obey(enum action action, struct report *report)
{
	if (action == ACTION_REBOOT)
		bios_reboot(0);
	return bios_power_off(report);
}

/* The boot device. */
static void read_drive(struct machine *machine)
{
	struct derivative_info info = { 0 };

	get_derivative_info(&info);
	if (info.kind == SYSLINUX_NETWORK) {
		machine->source.medium = MEDIUM_NETWORK;
		return;
	}
	machine->source.medium = info.drive >= OPTICAL_DRIVE ? MEDIUM_OPTICAL : MEDIUM_DISK;
	machine->bios->drive = info.drive;
	if (info.partition != NULL)
		machine->source.partition = *info.partition;
}

bool platform_machine(struct machine *machine, struct report *report)
{
	struct facts *facts = platform_take(sizeof(*facts), sizeof(uint64_t));

	if (facts == NULL)
		return refuse(report, DIAG_MEMORY_LOADER, "%zu bytes for facts about the machine",
		              sizeof(*facts));
	cpu_read(&machine->cpu);
	if (!e820_read(machine, facts->ranges, COUNT(facts->ranges), report))
		return false;
	facts->bios = (struct bios){ 0 };
	machine->firmware_kind = FIRMWARE_BIOS;
	machine->bios = &facts->bios;
	machine->display.kind = DISPLAY_VGA_TEXT;
	tables_read(machine);
	bios_read_time(&machine->clock);
	acpi_list_processors(machine, facts->processors, COUNT(facts->processors));
	machine->apic_id = cpu_apic_id();
	machine->source.folder = core_getcwd(facts->folder, sizeof(facts->folder));
	read_drive(machine);
	return true;
}

bool platform_load(struct file *file, struct report *report)
{
	return file_load(file, report);
}

bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report)
{
	machine->clock.tsc_frequency = tsc_find(wanted->tsc, report);
	if (wanted->random)
		random_read(machine);
	if (wanted->old_bios)
		bios_read_old(machine->bios);
	return vbe_read(machine, &wanted->video, report);
}

bool platform_video_set(const struct machine *machine, struct report *report)
{
	return vbe_set(machine, report);
}

void screen_write(const char *text, size_t length, enum colour colour)
{
	bios_write(text, length, colour);
}

void screen_clear(void)
{
	bios_clear();
}

unsigned screen_columns(void)
{
	return bios_columns();
}

void bios_call(uint8_t number, const struct bios_registers *in, struct bios_registers *out)
{
	__intcall(number, in, out);
}

void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds)
{
	static const char *const ends[] = {
		[ON_ERROR_PROMPT] = "prompt", [ON_ERROR_HALT] = "halt", [ON_ERROR_REBOOT] = "reboot"
	};

	watch_end(ends[on_error]);
	if (on_error == ON_ERROR_PROMPT)
		platform_write("Type an entry (" IN_STRONG "Tab" IN_PLAIN
		               " lists them), or: " IN_STRONG
		               "longjump.c32 [-option=value ...] FILE\n" IN_PLAIN);
	if (machine->bios != NULL)
		bios_release_old(machine->bios);
	if (on_error == ON_ERROR_HALT)
		cpu_halt();
	if (on_error == ON_ERROR_REBOOT)
		bios_reboot(seconds);
	fclose(file_of(STDOUT)); /* the next to open it queries the cursor's position */
	fclose(file_of(STDERR));
	memory_release();
	files_release();
}

int module_main(int argc, char **argv)
{
	words = (const char *const *)argv + 1;
	word_count = (unsigned)argc - 1;
	boot_run(&run);
	return 1;
}
