/* SPDX-License-Identifier: MIT */
/* pvh_info.c - what a PVH boot hands over: struct hvm_start_info (Xen,
 * xen/include/public/arch-x86/hvm/start_info.h). There is no BIOS to be called. */
#include "platform/handover/pvh_info.h"

enum { PVH_MAGIC = 0x336ec578, PVH_RAM = 1 };

struct pvh_start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, words, rsdp;
	uint64_t map; /* from version 1 on */
	uint32_t map_count, reserved;
};
_Static_assert(sizeof(struct pvh_start_info) == 56, "hvm_start_info");

struct pvh_module {
	uint64_t begin, size, words, reserved;
};
_Static_assert(sizeof(struct pvh_module) == 32, "hvm_modlist_entry");

struct pvh_range {
	uint64_t begin, size;
	uint32_t type, reserved;
};
_Static_assert(sizeof(struct pvh_range) == 24, "hvm_memmap_table_entry");

/* Reads the memory map, whose types are those of E820. */
static bool read_map(struct handover *handover, const struct machine *machine,
                     const struct pvh_start_info *info, struct report *report)
{
	uint64_t size = info->map_count * (uint64_t)sizeof(struct pvh_range);
	struct span map = memory_at(machine, info->map, size);
	struct pvh_range range;

	if (info->version < 1 || map.size == 0)
		return refuse(report, DIAG_HANDOVER_UNREADABLE,
		              "version %u of the PVH start information has a map of %u entries",
		              info->version, info->map_count);
	handover_own(handover, (struct phys_range){ info->map, info->map + size });
	for (uint64_t at = 0; span_read(map, at, &range, sizeof(range)); at += sizeof(range))
		handover_add_range(handover, range.begin, range.size, range.type);
	return true;
}

/* Reads the list of modules; those of QEMU have no words. */
static bool read_modules(struct handover *handover, const struct machine *machine,
                         const struct pvh_start_info *info, struct report *report)
{
	uint64_t size = info->module_count * (uint64_t)sizeof(struct pvh_module);
	struct span list = memory_at(machine, info->modules, size);
	struct pvh_module module;

	handover_own(handover, (struct phys_range){ info->modules, info->modules + list.size });
	for (uint64_t at = 0; span_read(list, at, &module, sizeof(module)); at += sizeof(module)) {
		uint64_t end = module.begin + module.size;

		if (!handover_add_file(handover, machine, module.begin,
		                       end < module.begin ? UINT64_MAX : end, module.words, report))
			return false;
	}
	return true;
}

bool handover_by_pvh(struct handover *handover, const struct machine *machine, uint32_t at,
                     struct report *report)
{
	struct pvh_start_info info;

	handover->bios = false;
	handover->words = "";
	if (!span_read(memory_at(machine, at, sizeof(info)), 0, &info, sizeof(info))
	    || info.magic != PVH_MAGIC)
		return refuse(report, DIAG_HANDOVER_UNREADABLE,
		              "the PVH start information should be at %#x", at);
	handover_own(handover, (struct phys_range){ at, at + sizeof(info) });
	handover->words = handover_string(handover, machine, info.words);
	handover->rsdp = info.rsdp;
	return read_map(handover, machine, &info, report)
	    && read_modules(handover, machine, &info, report);
}
