/* SPDX-License-Identifier: MIT */
/* bootloader011_describe.c - describes a BootloaderConfig in words, with the names of its
 * fields. */
#include "protocols/bootloader011/bootloader011_describe.h"

/* A mapping, unless the loader chooses its address and every kernel gets it. */
static void describe_mapping(struct text *text, const char *name,
                             const struct rb11_mapping *mapping, bool is_usual)
{
	if (mapping->place == RB11_FIXED)
		text_add(text, "\n%s at %#llx", name, ULL(mapping->at));
	else if (mapping->place == RB11_DYNAMIC && !is_usual)
		text_add(text, "\n%s", name);
}

void rb11_describe(const struct rb11_config *config, struct text *text)
{
	const struct rb11_version *version = &config->version;

	text_add(text, "bootloader_api %u.%u.%u%s\nkernel_stack_size ", version->major,
	         version->minor, version->patch, version->pre_release != 0 ? " (pre-release)" : "");
	text_add_size(text, config->kernel_stack_size);
	describe_mapping(text, "kernel_stack", &config->kernel_stack, true);
	describe_mapping(text, "kernel_base", &config->kernel_base, true);
	describe_mapping(text, "boot_info", &config->boot_info, true);
	describe_mapping(text, "framebuffer", &config->framebuffer, true);
	describe_mapping(text, "ramdisk_memory", &config->ramdisk, true);
	describe_mapping(text, "physical_memory", &config->physical_memory, false);
	describe_mapping(text, "page_table_recursive", &config->recursive, false);
	if (config->aslr)
		text_add(text, "\naslr");
	if (config->has_range_begin)
		text_add(text, "\ndynamic_range_start %#llx", ULL(config->range_begin));
	if (config->has_range_end)
		text_add(text, "\ndynamic_range_end %#llx", ULL(config->range_last));
	if (config->least_width != 0 || config->least_height != 0)
		text_add(text, "\na framebuffer from %llux%llu on", ULL(config->least_width),
		         ULL(config->least_height));
}
