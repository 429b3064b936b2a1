/* SPDX-License-Identifier: MIT */
/* boot.c - read, then plan: the table of contents of the loader. The resident part carries the plan
 * out. */
#include "core/boot.h"

#include "core/elf/read.h"
#include "core/elf/relocate.h"
#include "core/plan/files.h"
#include "core/plan/kernel.h"
#include "core/plan/map.h"
#include "core/plan/memory_map.h"
#include "core/plan/resident.h"
#include "core/plan/symbols.h"
#include "core/text_screen.h"

/* Begins the plan. Always true. */
static bool begin_plan(struct boot *boot, struct scratch *scratch)
{
	plan_begin(&boot->plan, boot->machine, boot->config, &boot->kernel, &boot->memory, scratch,
	           boot->report);
	boot->plan.protocol = boot->protocol->name;
	boot->plan.terms = boot->protocol->terms;
	plan_symbols(&boot->plan);
	return true;
}

/* The CPU must be able to run 64-bit kernels. */
static bool check_cpu(const struct machine *machine, struct report *report)
{
	if (machine->cpu.long_mode & machine->cpu.nx & machine->cpu.sse)
		return true;
	if (!machine->cpu.long_mode)
		return refuse(report, DIAG_CPU_NO_LONG_MODE, "CPUID 80000001h EDX bit 29 is 0");
	if (!machine->cpu.nx)
		return refuse(report, DIAG_CPU_NO_NX, "CPUID 80000001h EDX bit 20 is 0");
	return refuse(report, DIAG_CPU_NO_SSE,
	              "not all of CPUID 1 EDX bits 24 (FXSR), 25 (SSE) and 26 (SSE2) are 1");
}

/* It must have as many levels of page tables as the configuration asks for. */
static bool check_levels(const struct boot *boot)
{
	return boot->config->options.paging_levels <= 4 + (unsigned)boot->machine->cpu.la57
	    || refuse(boot->report, DIAG_CPU_NO_LA57, "CPUID 7 ECX bit 16 is 0");
}

/* Lists the pieces of the kernel, so that relocation can find the bytes at an address. */
static bool list_segments(const struct plan *plan, struct launch *launch)
{
	struct launch_segment *segments =
		scratch_take(plan->scratch, plan->count * sizeof(*segments), 8);

	if (segments == NULL)
		return refuse(plan->report, DIAG_MEMORY_LOADER, "the launch record does not fit");
	launch->segments = physical(plan->machine, segments);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);

		if (placement->use == USE_KERNEL)
			segments[launch->segment_count++] =
				(struct launch_segment){ virt.begin - plan->slide,
				                         virt.end - plan->slide,
				                         placement->phys.begin };
	}
	return true;
}

/* Lists the words that relocation by symbols writes, so that they only have to be copied. */
static bool list_words(const struct plan *plan, struct launch *launch)
{
	const struct relocations *relocations = &plan->kernel->relocations;
	struct relocated_word word;
	struct patch *words;
	uint64_t cursor = 0;

	words = scratch_take(plan->scratch, relocations->word_count * (uint64_t)sizeof(*words), 8);
	if (words == NULL)
		return refuse(plan->report, DIAG_MEMORY_LOADER, "%u relocated words do not fit",
		              relocations->word_count);
	launch->words = physical(plan->machine, words);
	while (relocations_next_word(relocations, &cursor, &word))
		words[launch->word_count++] =
			(struct patch){ plan_kernel_physical(plan, word.at),
			                word.value + (word.slides ? plan->slide : 0) };
	return true;
}

/* What relocation has to do; nothing for most kernels. */
static bool word_relocations(const struct plan *plan, struct launch *launch)
{
	const struct relocations *relocations = &plan->kernel->relocations;

	if ((relocations->rela.size | relocations->relr.size | relocations->word_count) == 0)
		return true;
	if (!list_segments(plan, launch) || !list_words(plan, launch))
		return false;
	launch->rela = plan_kernel_physical(plan, relocations->rela_at.at);
	launch->rela_size = relocations->rela.size;
	launch->relr = plan_kernel_physical(plan, relocations->relr_at.at);
	launch->relr_size = relocations->relr.size;
	launch->slide = plan->slide;
	return true;
}

/* Fills in the registers in which protocols differ. */
static void word_state(const struct plan *plan, struct launch *launch)
{
	const struct entry_state *entry = &plan->entry;

	launch->cr0 = entry->cr0;
	launch->cr4 = entry->cr4 | (plan->tables.levels == 5 ? CR4_LA57 : 0);
	launch->rax = entry->rax;
	launch->rbx = entry->rbx;
	launch->cs = entry->cs;
	launch->ss = entry->ss;
	launch->data = entry->data;
	launch->fs = entry->fs;
	launch->descriptors = entry->descriptors;
	launch->flags = entry->flags;
	memcpy(launch->lints, entry->lints, sizeof(launch->lints));
}

/* Translates the plan into struct launch for the resident part. */
static bool word_launch(struct boot *boot)
{
	const struct plan *plan = &boot->plan;
	struct launch *launch = scratch_take(plan->scratch, sizeof(*launch), 8);

	if (launch == NULL)
		return refuse(plan->report, DIAG_MEMORY_LOADER, "the launch record does not fit");
	if (!word_relocations(plan, launch))
		return false;
	launch->copies = physical(plan->machine, plan->copies);
	launch->copy_count = plan->copy_count;
	launch->fills = physical(plan->machine, plan->fills);
	launch->fill_count = plan->fill_count;
	launch->resident = plan->resident;
	launch->resident_window = plan->resident_window;
	launch->tables = physical(plan->machine, plan->tables.root);
	launch->rip = plan->entry.rip;
	launch->rsp = plan->entry.rsp;
	launch->rdi = plan->entry.rdi;
	launch->tsc_at = plan->entry.tsc_at;
	word_state(plan, launch);
	launch->fault_info = plan->fault_info_at;
	launch->patches = plan->patch_count != 0 ? physical(plan->machine, plan->patches) : 0;
	launch->patch_count = plan->patch_count;
	launch->processors = physical(plan->machine, plan->processors);
	launch->processor_count = plan->processor_count;
	launch->trampoline = plan->trampoline;
	plan_early_idt(plan);
	boot->launch = launch;
	return true;
}

/* The kernel's memory map. */
static bool write_memory_map(struct boot *boot)
{
	const struct memory *map;

	if (boot->protocol->write_memory_map == NULL)
		return true;
	map = plan_memory_map(&boot->plan);
	if (map == NULL)
		return false;
	boot->protocol->write_memory_map(boot, map);
	return true;
}

bool boot_read_elf(struct boot *boot)
{
	return kernel_read(&boot->kernel, boot->config->kernel.bytes,
	                   virtual_bits(boot->config->options.paging_levels), boot->report);
}

bool boot_request(struct boot *boot, const struct machine *machine, struct config *config,
                  const struct protocol *protocol, struct report *report)
{
	boot->protocol = protocol;
	boot->machine = machine;
	boot->config = config;
	boot->report = report;
	memset(boot->state, 0, protocol->state_size);
	options_drop(&config->options, protocol->options, protocol->name, report);
	config->options.random = config->options.kaslr;
	boot->readable = check_cpu(machine, report) /* can it do 64 bits? */
	              && check_levels(boot)         /* and what the user wants? */
	              && protocol->read(boot);      /* can we start this kernel? */
	return boot->readable && (protocol->requests == NULL || protocol->requests(boot));
}

uint64_t boot_scratch(const struct boot *boot, struct phys_range block, uint64_t size)
{
	const struct kernel *kernel = &boot->kernel;
	struct phys_range place = { block.end - size, block.end };

	for (unsigned i = kernel->physical ? kernel->segment_count : 0; i-- > 0;) {
		struct virt_range segment = kernel->segments[i].virt;

		if (!phys_overlap(place, (struct phys_range){ segment.begin, segment.end }))
			continue;
		if (!in_bounds(block.begin, size, page_down(segment.begin)))
			return block.end - size;
		place.end = page_down(segment.begin);
		place.begin = place.end - size;
	}
	return place.begin;
}

bool boot_prepare(struct boot *boot, struct scratch *scratch)
{
	const struct protocol *protocol = boot->protocol;
	struct plan *plan = &boot->plan;

	text_screen_check(boot);
	return check_levels(boot) /* can the CPU do what the kernel wants? */
	    && memory_read(&boot->memory, boot->machine, *scratch,
	                   boot->report)                          /* which memory is there? */
	    && begin_plan(boot, scratch) && protocol->place(boot) /* where does the kernel go? */
	    && plan_modules(plan)                                 /* and the modules? */
	    && protocol->plan(boot)                               /* what else is promised? */
	    && plan_map(plan)                                     /* what is seen where? */
	    && write_memory_map(boot)                             /* what is the kernel told? */
	    && word_launch(boot);
}
