/* SPDX-License-Identifier: MIT */
/*
 * limine.c - kernels made for the Limine boot protocol, base revisions 0 to 6: where things go,
 * what is mapped, and the state of the machine. limine_requests.c finds the kernel's requests, and
 * limine_answers.c answers them.
 *
 * The kernel sees everything but itself through the direct map; only the resident part has its own
 * window.
 */
#include "protocols/limine/limine.h"

#include "core/elf/relocate.h"
#include "core/acpi.h"
#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/files.h"
#include "core/plan/kernel.h"
#include "core/plan/memory_map.h"
#include "core/plan/processors.h"
#include "core/plan/resident.h"
#include "protocols/limine/limine_answers.h"
#include "protocols/limine/limine_describe.h"
#include "protocols/limine/limine_efi.h"
#include "protocols/limine/limine_views.h"

#define SMALLEST_STACK (64 * KIB)
#define STRICT_FROM    5 /* base revision that specifies CR0, CR4 and the APICs */

/* Selectors of the GDT with all kinds of segments. */
enum { CODE_64 = 0x28, DATA_64 = 0x30 };

static const struct terms limine_terms = {
	.boot_info = "the answers to the requests",
	.direct_map = "the HHDM",
	.physical = "Add the offset of the HHDM's response to physical addresses.",
	.no_map = "Make a request for the HHDM.",
	.not_shown = "From base revision 3 on, the HHDM maps only usable and reclaimable memory, "
		     "kernel, modules and framebuffer; from 4 on also ACPI tables, from 5 on "
		     "SMBIOS tables. Map devices yourself.",
	.identity = "in base revision 0",
	.arguments = "it has none",
	.no_return = "the 0 that a Limine kernel finds on its stack",
	.null = "The response of a Limine request that was not answered is also NULL: build.sh "
		"check lists the requests.",
	.stack = "ask for a larger one with the stack size request",
	.sse = "From base revision 5 on, SSE is off at the start; before that, the kernel changed "
	       "it. Set OSFXSR and clear EM, or compile with -mgeneral-regs-only.",
};

/* The protocol's own part of a boot. */
static struct limine *state_of(struct boot *boot)
{
	return (void *)boot->state;
}

/* The number of page table levels that the kernel gets: the one it prefers, within what it supports
 * and what the CPU and the user allow. */
static bool choose_paging(struct boot *boot)
{
	const struct limine_request *request = &state_of(boot)->requests.of[LIMINE_PAGING_MODE];
	uint64_t like = LIMINE_PAGING_4_LEVELS, least = LIMINE_PAGING_4_LEVELS, most;
	struct options *options = &boot->config->options;
	struct report *report = boot->report;
	bool only_4 = options->paging_given && options->paging_levels == 4;
	uint64_t best = boot->machine->cpu.la57 && !only_4 ? LIMINE_PAGING_5_LEVELS
	                                                   : LIMINE_PAGING_4_LEVELS;

	if (request->at != 0)
		like = limine_word(request, offsetof(struct limine_paging_mode_request, mode));
	most = like;
	if (limine_revision(request) >= 1) {
		most = limine_word(request, offsetof(struct limine_paging_mode_request, max_mode));
		least = limine_word(request, offsetof(struct limine_paging_mode_request, min_mode));
	}
	if (options->paging_levels == 5 && most == LIMINE_PAGING_4_LEVELS)
		return refuse(report, DIAG_LIMINE_PAGING,
		              "-paging=5, but the kernel supports only 4 levels");
	if (least > most || least > LIMINE_PAGING_5_LEVELS)
		return refuse(report, DIAG_LIMINE_PAGING,
		              "the kernel's min_mode is %llu, its max_mode %llu", ULL(least),
		              ULL(most));
	if (least > best)
		return refuse(report, DIAG_LIMINE_PAGING, "the kernel needs 5 levels, and %s",
		              only_4 ? "-paging=4 was given"
		                     : "the CPU has 4 (CPUID 7 ECX bit 16)");
	if (min_u64(max_u64(like, least), min_u64(most, best)) == LIMINE_PAGING_5_LEVELS)
		options->paging_levels = 5;
	return true;
}

/* Each adds to the configuration what a request needs before it can be answered. */
static bool want_nothing(struct boot *boot)
{
	(void)boot;
	return true;
}

static bool want_screen(struct boot *boot)
{
	struct options *options = &boot->config->options;

	if (!options->video.given)
		options->video = (struct video_request){ .want = VIDEO_AUTO, .any = true };
	return true;
}

static bool want_kernel_file(struct boot *boot)
{
	boot->config->options.kernel_file = true;
	return true;
}

static bool want_clock(struct boot *boot)
{
	boot->config->options.tsc = true;
	return true;
}

static bool want_random(struct boot *boot)
{
	boot->config->options.random = true;
	return true;
}

/* The modules that the kernel names itself come before the user's. */
static bool want_modules(struct boot *boot)
{
	const struct limine_request *request = &state_of(boot)->requests.of[LIMINE_MODULES];
	uint64_t count = limine_module_count(request);
	struct config *config = boot->config;

	if (count > CONFIG_MAX_MODULES)
		return refuse(boot->report, DIAG_LIMINE_BAD_REQUEST,
		              "the modules: it names %llu internal modules, at most %u can be "
		              "loaded",
		              ULL(count), CONFIG_MAX_MODULES);
	for (unsigned i = 0; i < count; i++) {
		struct limine_module module = limine_module(&boot->kernel, request, i);
		bool has_path = module.path != NULL && *module.path != 0;

		if (!has_path || module.command_line == NULL)
			return refuse(boot->report, DIAG_LIMINE_BAD_REQUEST,
			              "internal module %u, at %#llx, has no %s", i, ULL(module.at),
			              has_path ? "command line" : "path");
		if (!config_add_module(config, i, module.path, module.command_line, boot->report))
			return false;
		config->modules[i].optional = !module.required;
		config->modules[i].raw = !module.compressed;
	}
	return true;
}

/* What to do for a request, by its row in requests.def. */
static bool want(struct boot *boot, enum limine_feature feature)
{
	switch (feature) {
#define REQUEST(name, first, second, words, old, new, wanted, ...) \
	case LIMINE_##name:                                        \
		return want_##wanted(boot);
#include "protocols/limine/requests.def"
#undef REQUEST
	case LIMINE_FEATURES:
		break;
	}
	return true;
}

/* A kernel with an unknown base revision would most likely stop without a message. */
static bool check_revision(const struct limine *limine, struct report *report)
{
	uint64_t revision = limine->requests.revision;

	return revision <= LIMINE_MAX_REVISION
	    || refuse(report, DIAG_LIMINE_REVISION,
	              "it asks for base revision %llu; those known here are 0 to %u", ULL(revision),
	              LIMINE_MAX_REVISION);
}

static bool limine_requests(struct boot *boot)
{
	struct limine *limine = state_of(boot);

	limine->found = limine_find_requests(&limine->requests, &boot->kernel, boot->report);
	if (!limine->found || !check_revision(limine, boot->report) || !choose_paging(boot))
		return false;
	for (unsigned i = 0; i < LIMINE_FEATURES; i++) {
		if (limine->requests.of[i].at != 0 && !want(boot, i))
			return false;
	}
	return true;
}

/* Contiguous, in the top 2 GiB. */
static bool limine_place(struct boot *boot)
{
	const struct placement_policy policy = { .lowest_linked = LIMINE_LOWEST,
		                                 .random = boot->config->options.kaslr };
	struct plan *plan = &boot->plan;

	if (!plan_kernel(plan, &policy))
		return false;
	if (plan->kernel->virt.begin + plan->slide < LIMINE_LOWEST)
		return refuse(plan->report, DIAG_LIMINE_LOWER_HALF, "it begins at %#llx",
		              ULL(plan->kernel->virt.begin));
	return plan->kernel_physical != 0
	    || refuse(plan->report, DIAG_LIMINE_NOT_TOGETHER,
	              "from first to last page it takes %llu KiB",
	              ULL((plan->kernel->virt.end - plan->kernel->virt.begin) / KIB));
}

/* The stack: as large as the kernel or the user wants it. */
static bool plan_stack(struct limine *limine)
{
	struct plan *plan = limine->plan;
	const struct limine_request *request = &limine->requests.of[LIMINE_STACK_SIZE];
	struct placement stack = { .use = USE_STACK };
	uint64_t wanted = 0, size;

	if (request->at != 0)
		wanted = limine_word(request,
		                     offsetof(struct limine_stack_size_request, stack_size));
	size = max_u64(max_u64(SMALLEST_STACK, plan->config->options.stack_size), wanted);
	if (page_up(size) < size
	    || !plan_find(plan, page_up(size), PAGE_SIZE, 0, UINT64_MAX, &stack.phys))
		return refuse(plan->report, DIAG_MEMORY_STACK, "it takes %llu KiB in one piece",
		              ULL(size / KIB));
	limine->stack_size = page_up(size);
	plan->entry.rsp = limine->direct_map + stack.phys.end;
	plan->fault_info.stack =
		(struct fault_range){ limine->direct_map + stack.phys.begin, plan->entry.rsp };
	return plan_add(plan, stack);
}

/* True if the kernel gets its CPUs in x2APIC mode: if it asks for that and they support it, or if
 * the firmware has enabled it. */
static bool wants_x2apic(const struct cpu *cpu, const struct limine_request *request)
{
	uint64_t flags = limine_word(request, offsetof(struct limine_mp_request, flags));

	return cpu->x2apic_on || (cpu->x2apic && (flags & LIMINE_MP_X2APIC) != 0);
}

/* Plans the start of the other CPUs, if the kernel asks for it. Their stacks are as large as the
 * first CPU's. */
static bool plan_other_processors(struct limine *limine)
{
	struct plan *plan = limine->plan;
	const struct limine_request *request = &limine->requests.of[LIMINE_MP];
	struct placement stacks = { .use = USE_STACK };

	if (request->at == 0)
		return true;
	if (wants_x2apic(&plan->machine->cpu, request))
		plan->entry.flags |= LAUNCH_X2APIC;
	if (!plan_processors(plan))
		return false;
	if (plan->processor_count == 0)
		return true;
	if (!plan_find(plan, plan->processor_count * limine->stack_size, PAGE_SIZE, 0, UINT64_MAX,
	               &stacks.phys))
		return refuse(plan->report, DIAG_MEMORY_STACK,
		              "%u more CPUs take %llu KiB each, in one piece",
		              plan->processor_count, ULL(limine->stack_size / KIB));
	limine->stacks = stacks.phys.begin;
	return plan_add(plan, stacks);
}

/* The machine's state, as far as the base revision specifies more than long mode. The GDT is the
 * only descriptor table with -explain=off; otherwise there are others. */
static void plan_state(struct limine *limine)
{
	struct plan *plan = limine->plan;
	struct entry_state *entry = &plan->entry;
	const struct machine *machine = plan->machine;
	uint32_t number = UINT32_MAX;

	if (!plan->config->options.explain)
		entry->flags |= LAUNCH_BARE;
	if (limine->requests.revision < STRICT_FROM)
		return;
	entry->flags |= LAUNCH_BARE | LAUNCH_LOCAL_APIC;
	entry->cr0 = CR0_PE | CR0_ET | CR0_WP | CR0_PG;
	entry->cr4 = CR4_PAE;
	entry->quiet.special = true;
	entry->quiet.iommus = limine->requests.of[LIMINE_KEEP_IOMMU].at == 0;
	for (unsigned i = 0; i < machine->processor_count; i++) {
		if (machine->processors[i].apic_id == machine->apic_id)
			number = machine->processors[i].number;
	}
	acpi_lints(machine, number, entry->lints);
}

/* Where the kernel begins: where its file says, or where it asks to be entered. */
static bool plan_entry(struct limine *limine)
{
	struct plan *plan = limine->plan;
	const struct limine_request *request = &limine->requests.of[LIMINE_ENTRY_POINT];
	uint64_t entry = plan->kernel->entry.at;
	const struct segment *segment;

	if (request->at != 0)
		entry = kernel_word(plan->kernel,
		                    request->at
		                            + offsetof(struct limine_entry_point_request, entry));
	segment = kernel_segment_at(plan->kernel, entry);
	if (segment == NULL || (segment->rights & RIGHT_EXECUTE) == 0)
		return refuse(plan->report, DIAG_LIMINE_BAD_REQUEST,
		              "the entry point: %#llx lies in no segment that may be executed",
		              ULL(entry));
	plan->entry.rip = entry + plan->slide;
	plan->entry.cs = CODE_64;
	plan->entry.ss = plan->entry.data = plan->entry.fs = DATA_64;
	plan->entry.descriptors = DESCRIPTORS_ALL;
	plan->entry.flags |= LAUNCH_NO_RETURN;
	plan_state(limine);
	return true;
}

/* Takes memory for the answers, and writes them. */
static bool plan_answers(struct limine *limine)
{
	struct plan *plan = limine->plan;
	struct placement *placement;
	uint64_t size, window;
	uint8_t *bytes;

	plan->patches = scratch_take(plan->scratch, LIMINE_PATCHES * sizeof(*plan->patches), 8);
	if (plan->patches == NULL)
		return refuse(plan->report, DIAG_MEMORY_LOADER, "the answers do not fit");
	limine->map_capacity = plan_memory_map_capacity(plan, PLACED_WITH_INFO);
	limine->writer = writer_counting();
	limine_answer(limine);
	size = page_up(max_u64(limine->writer.used, 1));
	if (!plan_scratch(plan, USE_BOOT_INFO, size, &bytes, &placement))
		return false;
	window = limine->direct_map + placement->phys.begin;
	plan->fault_info.boot_info = (struct fault_range){ window, window + size };
	limine->writer = writer_to(bytes, window);
	limine_answer(limine);
	return true;
}

static bool limine_plan(struct boot *boot)
{
	struct limine *limine = state_of(boot);
	struct plan *plan = &boot->plan;

	limine->plan = plan;
	if (!limine_plan_views(limine) || !plan_stack(limine) || !plan_entry(limine)
	    || !plan_other_processors(limine) || !plan_resident(plan) || !plan_kernel_file(plan))
		return false;
	limine_plan_boot_services(plan);
	return plan_answers(limine);
}

static void limine_write_memory_map(struct boot *boot, const struct memory *map)
{
	limine_answer_memory(state_of(boot), map);
}

const struct protocol limine_protocol = {
	PROTOCOL(limine, "limine", struct limine),
	.options = OPTION_STACK | OPTION_DIRECT_MAP | OPTION_PAGING | OPTION_KERNEL_FILE
	         | OPTION_KASLR | OPTION_TSC | OPTION_VIDEO,
	.recognise = limine_is_asked,
	.read = boot_read_elf,
	.requests = limine_requests,
	.place = limine_place,
	.plan = limine_plan,
	.write_memory_map = limine_write_memory_map,
	.describe = limine_describe,
};
