/* SPDX-License-Identifier: MIT */
/* multiboot_info.c - reads a Multiboot loader's information (Multiboot 0.6.96, section 3.3). */
#include "platform/handover/multiboot_info.h"

#include "core/text.h"
#include "protocols/multiboot/abi.h"

/* True if the words begin with our file's name, as loaders other than GRUB 2 pass them. */
static bool has_name(const char *loader)
{
	return text_length(loader) < 6 || memcmp(loader, "GRUB 2", 6) != 0;
}

/* The words after the first. */
static const char *skip_word(const char *words)
{
	while (*words != 0 && *words != ' ')
		words++;
	while (*words == ' ')
		words++;
	return words;
}

/* Reads the memory map, or the two sizes if there is none. */
static void read_map(struct handover *handover, const struct machine *machine,
                     const struct mb1_info *info)
{
	struct span map = memory_at(machine, info->map, info->map_size);
	struct mb1_range range;

	if ((info->flags & MB1_HAS_MEMORY_MAP) == 0 || map.size == 0) {
		handover_add_range(handover, 0, info->memory_lower * KIB, 1);
		handover_add_range(handover, MIB, info->memory_upper * KIB, 1);
		return;
	}
	handover_own(handover, (struct phys_range){ info->map, info->map + map.size });
	for (uint64_t at = 0; span_read(map, at, &range, sizeof(range));
	     at += sizeof(range.size) + (uint64_t)range.size) {
		if (range.size < sizeof(range) - sizeof(range.size))
			break;
		handover_add_range(handover, range.begin, range.length, range.type);
	}
}

/* Reads the list of modules. */
static bool read_modules(struct handover *handover, const struct machine *machine,
                         const struct mb1_info *info, struct report *report)
{
	uint64_t size = info->module_count * (uint64_t)sizeof(struct mb1_module);
	struct span list = memory_at(machine, info->modules, size);
	struct mb1_module module;

	if ((info->flags & MB1_HAS_MODULES) == 0)
		return true;
	handover_own(handover, (struct phys_range){ info->modules, info->modules + list.size });
	for (uint64_t at = 0; span_read(list, at, &module, sizeof(module)); at += sizeof(module)) {
		if (!handover_add_file(handover, machine, module.begin, module.end,
		                       module.command_line, report))
			return false;
	}
	return true;
}

bool handover_by_multiboot(struct handover *handover, const struct machine *machine, uint32_t at,
                           struct report *report)
{
	const char *loader = "";
	struct mb1_info info;

	handover->bios = true;
	handover->words = "";
	if (!span_read(memory_at(machine, at, sizeof(info)), 0, &info, sizeof(info)))
		return refuse(report, DIAG_HANDOVER_UNREADABLE,
		              "the Multiboot information should be at %#x", at);
	handover_own(handover, (struct phys_range){ at, at + sizeof(info) });
	if ((info.flags & MB1_HAS_LOADER_NAME) != 0)
		loader = handover_string(handover, machine, info.loader_name);
	if ((info.flags & MB1_HAS_COMMAND_LINE) != 0)
		handover->words = handover_string(handover, machine, info.command_line);
	if (has_name(loader))
		handover->words = skip_word(handover->words);
	read_map(handover, machine, &info);
	return read_modules(handover, machine, &info, report);
}
