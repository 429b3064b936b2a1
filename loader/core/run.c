/* SPDX-License-Identifier: MIT */
/*
 * run.c - the sequence of steps by which every platform starts a kernel. Reports whatever goes
 * wrong. Knows no firmware; platform.h hides it.
 */
#include "core/run.h"

#include "core/choose.h"
#include "core/colour.h"
#include "core/plan/dump.h"
#include "core/version.h"
#include "platform/platform.h"

#define SCRATCH_MIN  MIB
#define SCRATCH_MAX  (15 * MIB) /* within the last 16 MiB, below which SeaBIOS has run */
#define SCRATCH_PART 16         /* of memory */

#define REBOOT_SECONDS 5 /* to read the message in */

/* Like printf, up to 1000 characters; names and other foreign text are escaped as by
 * text_add_shown(). */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	text_show_list(platform_write, format, values);
	va_end(values);
}

/* Prints the only line of a successful boot, without the formatter, which nothing else on the way
 * to a kernel needs. */
static void say_begin(const char *kernel)
{
	char line[400];
	struct text text = text_in(line, sizeof(line));

	text_add_string(&text, LOADER_NAME ": ");
	text_add_shown(&text, kernel);
	text_add_string(&text, "\n");
	platform_write(line);
}

/* Prints the findings that are refusals, or those that are not, each after `gap`. */
static void say_findings(const struct report *report, bool refusals, const char *gap)
{
	char buffer[1000];

	for (unsigned i = 0; i < report->count; i++) {
		struct text text = text_in(buffer, sizeof(buffer));

		if (report->findings[i].refusal != refusals)
			continue;
		text_add_string(&text, gap);
		finding_write(&text, &report->findings[i], true);
		platform_write(buffer);
	}
}

/* Memory for the configuration and for what boot_prepare() works on. */
static bool take_state(struct run *run)
{
	struct {
		struct config config;
		struct boot boot;
		uint8_t requested[PROTOCOL_STATE];
	} *state = platform_take(sizeof(*state), sizeof(uint64_t));

	if (state == NULL)
		return refuse(&run->report, DIAG_MEMORY_LOADER,
		              "%llu KiB for the loader's own work", ULL(sizeof(*state) / KIB));
	run->config = &state->config;
	run->boot = &state->boot;
	run->requested = state->requested;
	return true;
}

/* If `known` is "NAME=WORDS" with the file's name, messages call the file WORDS. */
static void name_file(struct file *file, const char *known)
{
	size_t size = file->name != NULL ? text_length(file->name) : 0;

	if (size != 0 && size < text_length(known) && memcmp(known, file->name, size) == 0
	    && known[size] == '=')
		file->called = known + size + 1;
}

/* The same for all files, with the names from the tool that watches. */
static void name_files(struct config *config, const char *known)
{
	for (; *known != 0; known += text_length(known) + 1) {
		name_file(&config->kernel, known);
		for (unsigned i = 0; i < config->module_count; i++)
			name_file(&config->modules[i], known);
	}
}

/* Reads the words, and from then on writes to where they say. */
static bool read_config(struct run *run)
{
	const char *const *words;
	unsigned count;
	bool is_read;

	if (!platform_words(&count, &words, &run->report) || !take_state(run))
		return false;
	is_read = config_read(run->config, count, words, &run->report);
	platform_console(&run->config->options, &run->machine);
	name_files(run->config, run->machine.known_as);
	if (is_read && !run->config->options.quiet && run->config->kernel.name != NULL)
		say_begin(file_called(&run->config->kernel));
	return is_read;
}

/* Switches the machine off or restarts it, if the options say so. False if it cannot. */
static bool obey(struct run *run)
{
	enum action action = run->config->options.action;

	return action == ACTION_START || platform_obey(action, &run->report);
}

/* What the machine is; with -verbose, the firmware's memory map is shown. */
static bool read_machine(struct run *run)
{
	if (!platform_machine(&run->machine, &run->report))
		return false;
	if (run->config->options.verbose)
		print_machine(&run->machine, platform_write);
	return true;
}

/* Reads the kernel, finds its protocol, and lets it make its requests. */
static bool load_kernel(struct run *run)
{
	struct config *config = run->config;

	return platform_load(&config->kernel, &run->report)
	    && (run->protocol = protocol_choose(config, &run->report)) != NULL
	    && boot_request(run->boot, &run->machine, config, run->protocol, &run->report);
}

/* Reads the modules. An optional one that is missing is dropped. */
static bool load_modules(struct run *run)
{
	struct config *config = run->config;
	unsigned count = 0;

	for (unsigned i = 0; i < config->module_count; i++) {
		if (!platform_load(&config->modules[i], &run->report))
			return false;
		if (config->modules[i].bytes.bytes != NULL)
			config->modules[count++] = config->modules[i];
	}
	config->module_count = count;
	run->machine.clock.tsc_read = platform_time();
	return true;
}

/* The approximate amount of RAM below 4 GiB, which limits what the loader may take. */
static uint64_t low_memory(const struct machine *machine)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < machine->firmware_count; i++) {
		struct phys_range phys = machine->firmware[i].phys;
		uint64_t size = min_u64(phys.end, 4 * GIB) - min_u64(phys.begin, 4 * GIB);

		total += value_if(machine->firmware[i].type == MEMORY_USABLE, size);
	}
	return total;
}

/*
 * Memory for what the loader makes: a sixteenth of RAM, within limits. It is taken from the end of
 * the largest block, far from where kernels with fixed physical addresses usually are, or lower if
 * a kernel needs that memory. It avoids pages in which the firmware has run: writing to these makes
 * an emulator discard the code that it has translated there.
 */
static bool take_scratch(struct run *run)
{
	uint64_t all = low_memory(&run->machine);
	uint64_t size = max_u64(SCRATCH_MIN, min_u64(SCRATCH_MAX, page_down(all / SCRATCH_PART)));
	struct phys_range block;
	uint64_t at;

	if (!platform_take_rest(size, max_u64(size, all), &block))
		return refuse(&run->report, DIAG_MEMORY_LOADER,
		              "%llu KiB for the loader's own work", ULL(size / KIB));
	at = boot_scratch(run->boot, block, size);
	machine_reserve(&run->machine, at, at + size);
	run->scratch.at = visible(&run->machine, at);
	run->scratch.end = run->scratch.at + size;
	run->whole_scratch = run->scratch;
	return true;
}

/* Plans; with -verbose, the plan is shown. */
static bool plan(struct run *run)
{
	memcpy(run->requested, run->boot->state, run->protocol->state_size);
	if (!boot_prepare(run->boot, &run->scratch))
		return false;
	if (run->config->options.verbose)
		print_plan(&run->boot->plan, platform_write);
	return true;
}

bool run_plan_again(struct run *run)
{
	run->scratch = run->whole_scratch;
	memcpy(run->boot->state, run->requested, run->protocol->state_size);
	return boot_prepare(run->boot, &run->scratch);
}

/* Sets the screen mode, the last step that can fail. Warnings are printed first. */
static bool set_video(struct run *run)
{
	if (!run->config->options.quiet)
		say_findings(&run->report, false, "");
	return platform_video_set(&run->machine, &run->report);
}

void run_say_failure(const struct run *run, bool emptied)
{
	const bool is_named = run->config != NULL && run->config->kernel.name != NULL;

	platform_use_screen(emptied);
	platform_write(IN_BAR LOADER " could not start ");
	text_show(is_named ? file_called(&run->config->kernel) : "a kernel", platform_write);
	platform_write("\n" IN_PLAIN);
	say_findings(&run->report, false, "\n");
	if (run->report.lost != 0)
		say("... and %u more findings\n", run->report.lost);
	say_findings(&run->report, true, "\n");
	platform_write("\n");
}

/* Prints what was wrong, and what happens to the machine now. */
static void fail(struct run *run)
{
	const bool is_verbose = run->config != NULL && run->config->options.verbose;
	enum on_error on_error = ON_ERROR_PROMPT;

	platform_write("\n");
	run_say_failure(run, !is_verbose); /* what -verbose shows would be lost */
	if (run->config != NULL)
		on_error = run->config->options.on_error;
	if (on_error == ON_ERROR_HALT)
		say("The machine is halted (-onerror=halt).\n");
	if (on_error == ON_ERROR_REBOOT)
		say("The machine restarts in %u seconds (-onerror=reboot).\n", REBOOT_SECONDS);
	platform_fail(&run->machine, on_error, REBOOT_SECONDS);
}

void boot_run(struct run *run)
{
	run->machine.clock.tsc_start = platform_time();
	platform_open(&run->machine);
	if (read_config(run)     /* what does the user want? */
	    && obey(run)         /* more than an end? */
	    && read_machine(run) /* what is there? */
	    && load_kernel(run)  /* which kernel is it, and what would it like? */
	    && platform_facts(&run->machine, &run->config->options, &run->report)
	    && load_modules(run) /* what comes with it? */
	    && take_scratch(run) /* where do we work? */
	    && plan(run)         /* what goes where? */
	    && set_video(run))
		platform_launch(run->boot);
	fail(run);
}
