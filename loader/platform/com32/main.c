/* SPDX-License-Identifier: MIT */
/*
 * main.c - longjump.c32: reads the configuration, the files and the machine, has the core plan, and
 * launches. Whatever goes wrong is said, and the user is back at ISOLINUX's prompt.
 */
#include "core/version.h"
#include "core/boot.h"
#include "core/plan/dump.h"
#include "platform/com32/bios.h"
#include "platform/com32/console.h"
#include "platform/com32/file.h"
#include "platform/com32/launch.h"
#include "platform/com32/syslinux.h"
#include "platform/com32/video.h"
#include "protocols/protocols.h"
#include "x86/cpu.h"
#include "x86/tsc.h"
#include "x86/x86.h"

#define STACK_ROOM   (64 * KIB) /* around the stack pointer: more than Syslinux's stack has */
#define SCRATCH_MIN  MIB
#define SCRATCH_MAX  (16 * MIB)
#define SCRATCH_PART 16 /* of memory */

#define REBOOT_SECONDS 5 /* to read the message in */

/* The module from its first to its last byte; the linker knows. */
extern const char module_begin[] __asm__("__ehdr_start");
extern const char module_end[] __asm__("_end");

/* The resident part (resident.asm). */
extern const uint8_t resident_begin[];
extern const uint8_t resident_end[];

/*
 * What is small, and what is large. Syslinux clears a module's memory byte by byte, so the large is
 * taken from its heap instead.
 */
struct state {
	struct config config;
	struct boot boot;
	struct bios_facts facts;
};

static struct report report;
static struct machine machine;
static struct phys_range reserved[4];
static struct scratch scratch;
static struct state *state;
static struct config *config; /* state->config */
static struct boot *boot;     /* state->boot */
static uint8_t *scratch_block;
static const struct protocol *protocol;

__attribute__((visibility("default"))) int main(int argc, char **argv);

/* Memory for the configuration, for what the BIOS tells and for what boot_prepare() works on. */
static bool take_state(void)
{
	state = malloc(sizeof(*state));
	if (state == NULL)
		return refuse(&report, DIAG_MEMORY_LOADER, "%llu KiB for the loader's own work",
		              ULL(sizeof(*state) / KIB));
	config = &state->config;
	boot = &state->boot;
	return true;
}

/* Bytes of RAM below 4 GiB, roughly: to judge how much of it the loader may take. */
static uint64_t low_memory(void)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < machine.firmware_count; i++) {
		const struct firmware_range *range = &machine.firmware[i];

		if (range->type == 1 && range->begin < 4 * GIB)
			total += min_u64(range->size, 4 * GIB - range->begin);
	}
	return total;
}

/*
 * Memory for what the loader makes: a sixteenth of what there is, within limits. It is the end of
 * the largest block there is, far from the addresses at which kernels that choose for themselves
 * want to be, or lower if one wants to be just there.
 */
static bool take_scratch(void)
{
	uint64_t size =
		max_u64(SCRATCH_MIN, min_u64(SCRATCH_MAX, page_down(low_memory() / SCRATCH_PART)));
	uint64_t all = max_u64(size, min_u64(low_memory(), UINT32_MAX - MIB));
	uint64_t at;

	while ((scratch_block = malloc((size_t)all)) == NULL && all > size)
		all = max_u64(size, all - all / 16);
	if (scratch_block == NULL)
		return refuse(&report, DIAG_MEMORY_LOADER, "%llu KiB for the loader's own work",
		              ULL(size / KIB));
	at = boot_scratch(
		boot,
		(struct phys_range){ (uintptr_t)scratch_block, (uintptr_t)scratch_block + all },
		size);
	scratch.at = (uint8_t *)(uintptr_t)at;
	scratch.end = scratch.at + size;
	return true;
}

/* Notes the memory that must stay as it is until the resident part runs. */
static bool note_reserved(void)
{
	uintptr_t stack = (uintptr_t)__builtin_frame_address(0);

	reserved[0] = (struct phys_range){ (uintptr_t)module_begin, (uintptr_t)module_end };
	reserved[1] = (struct phys_range){ stack - min_u64(stack, STACK_ROOM), stack + STACK_ROOM };
	reserved[2] = (struct phys_range){ (uintptr_t)scratch.at, (uintptr_t)scratch.end };
	reserved[3].begin = (uintptr_t)machine.vbe.control.bytes; /* which points into itself */
	reserved[3].end = reserved[3].begin + machine.vbe.control.size;
	machine.reserved = reserved;
	machine.reserved_count = COUNT(reserved);
	return true;
}

/* Reads the kernel; asks it how it is to be started, and what it would like to have. */
static bool load_kernel(void)
{
	return file_load(&config->kernel, &report)
	    && (protocol = protocol_choose(config, &report)) != NULL
	    && boot_request(boot, &machine, config, protocol, &report);
}

/* Reads the modules. One that need not be there is forgotten if it is not. */
static bool load_modules(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < config->module_count; i++) {
		struct file *module = &config->modules[i];

		if (!file_load(module, &report))
			return false;
		if (module->bytes.bytes != NULL)
			config->modules[count++] = *module;
	}
	config->module_count = count;
	machine.clock.tsc_read = rdtsc();
	return true;
}

/* The clocks, and what -kaslr needs. Always true. */
static bool read_clocks(void)
{
	machine.clock.tsc_frequency = config->options.tsc ? tsc_measure() : tsc_frequency();
	if (config->options.kaslr)
		random_read(&machine);
	return true;
}

/* What only kernels of old protocols ask for. Always true. */
static bool read_old_bios(void)
{
	return !config->options.old_bios || bios_read_old(&machine);
}

/* Reads the configuration, and speaks from then on where it says. */
static bool read_config(unsigned count, const char *const *words)
{
	bool is_read = config_read(config, count, words, &report);

	console_choose(&config->options, &machine);
	if (is_read && !config->options.quiet && config->kernel.name != NULL)
		console_print(LOADER_NAME ": %s\n", config->kernel.name);
	return is_read;
}

/* Switches off or restarts, if that is what was asked for. Returns false if it could not. */
static bool obey(void)
{
	if (config->options.action == ACTION_REBOOT)
		bios_reboot(0);
	return config->options.action != ACTION_POWER_OFF || bios_power_off(&report);
}

/* -verbose: says what the firmware's memory map is, or what was planned. Always true. */
static bool show_machine(void)
{
	if (config->options.verbose)
		print_machine(&machine, console_write);
	return true;
}

static bool show_plan(void)
{
	if (config->options.verbose)
		print_plan(&boot->plan, console_write);
	return true;
}

/* Everything up to the launch. On false, the reason is in the report and the machine as it was. */
static bool prepare(unsigned count, const char *const *words)
{
	return take_state() && read_config(count, words) && obey()
	    && cpu_read(&machine.cpu, &report) && bios_read_memory(&machine, &state->facts, &report)
	    && bios_read_facts(&machine, &state->facts) && show_machine() && load_kernel()
	    && read_clocks() && read_old_bios()
	    && video_read(&machine, &config->options.video, &report) && load_modules()
	    && take_scratch() && note_reserved()
	    && boot_prepare(boot, &machine, config, protocol, &scratch, &report) && show_plan();
}

/* Says what was wrong, and does what -onerror asks for. Returns only to the prompt. */
static void fail(void)
{
	console_use_screen();
	if (machine.apm.version != 0)
		bios_disconnect_apm();
	if (boot != NULL && config->kernel.name != NULL)
		console_print("\nLongjump could not start %s\n", config->kernel.name);
	console_refuse(&report);
	if (boot == NULL)
		return; /* there was not even memory to read the configuration in */
	if (config->options.on_error == ON_ERROR_HALT) {
		console_write("The machine is halted (-onerror=halt).\n");
		bios_halt();
	}
	if (config->options.on_error == ON_ERROR_REBOOT) {
		console_print("The machine restarts in %u seconds (-onerror=reboot).\n",
		              REBOOT_SECONDS);
		bios_reboot(REBOOT_SECONDS);
	}
}

int main(int argc, char **argv)
{
	machine.clock.tsc_start = rdtsc();
	machine.identity_limit = 4 * GIB;
	machine.resident =
		(struct span){ resident_begin, (uint64_t)(resident_end - resident_begin) };
	console_open();
	if (prepare((unsigned)argc - 1, (const char *const *)argv + 1)) {
		console_warn(&report);
		if (video_set(&machine, &report))
			launch(boot);
	}
	fail();
	console_close();
	free(scratch_block);
	video_release(&machine);
	free(state);
	files_release();
	return 1;
}
