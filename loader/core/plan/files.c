/* SPDX-License-Identifier: MIT */
/* files.c - leaves files where they were read to, or finds another place for them. */
#include "core/plan/files.h"

#include "core/plan/allocate.h"

bool plan_kernel_file(struct plan *plan)
{
	const struct file *file = &plan->config->kernel;
	uint64_t begin = physical(plan->machine, file->bytes.bytes);

	if (!plan->config->options.kernel_file)
		return true;
	return plan_add(plan, (struct placement){ .use = USE_KERNEL_FILE,
	                                          .phys = { begin, begin + file->capacity } });
}

/* True if a module can stay where it was read to: on whole pages that the kernel does not need. */
static bool may_stay(const struct plan *plan, const struct file *file, struct phys_range phys)
{
	if (((phys.begin | file->capacity) & (PAGE_SIZE - 1)) != 0)
		return false;
	for (unsigned i = 0; i < plan->count; i++) {
		if (phys_overlap(plan->placements[i].phys, phys))
			return false;
	}
	return true;
}

bool plan_modules(struct plan *plan)
{
	for (unsigned i = 0; i < plan->config->module_count; i++) {
		const struct file *file = &plan->config->modules[i];
		struct placement module = { .use = USE_MODULE, .from = file->bytes, .zero = true };
		uint64_t size = page_up(file->bytes.size);

		module.phys = plan_file_memory(plan, file);
		module.phys.end = module.phys.begin + size;
		if (!may_stay(plan, file, module.phys)
		    && !plan_find(plan, size, PAGE_SIZE, 0, plan->machine->identity_limit,
		                  &module.phys))
			return plan_refuse_memory(plan, DIAG_MEMORY_MODULE, file_called(file),
			                          size);
		if (!plan_add(plan, module))
			return false;
	}
	return true;
}
