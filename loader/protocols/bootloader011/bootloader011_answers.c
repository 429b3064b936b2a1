/* SPDX-License-Identifier: MIT */
/* bootloader011_answers.c - writes the plan as a BootInfo. Places nothing. */
#include "protocols/bootloader011/bootloader011_answers.h"

#include "core/plan/memory_map.h"

struct rb11_optional_u64 rb11_some(uint64_t value)
{
	return (struct rb11_optional_u64){ .tag = RB11_SOME, .value = value };
}

struct rb11_boot_info rb11_empty_info(const struct rb11_config *config)
{
	return (struct rb11_boot_info){
		.api_version = config->version,
		.framebuffer.tag = RB11_NONE,
		.physical_memory_offset.tag = RB11_NONE,
		.recursive_index.tag = RB11_NONE,
		.rsdp_addr.tag = RB11_NONE,
		.tls_template.tag = RB11_NONE,
		.ramdisk_addr.tag = RB11_NONE,
	};
}

/* The pixel format, if each colour has a whole byte. */
static enum rb11_pixel_format pixel_format(const struct screen *screen)
{
	bool bytes = screen->bits_per_pixel >= 24 && screen->red_bits == 8
	          && screen->green_bits == 8 && screen->blue_bits == 8 && screen->green_shift == 8;

	if (bytes && screen->red_shift == 0 && screen->blue_shift == 16)
		return RB11_RGB;
	if (bytes && screen->red_shift == 16 && screen->blue_shift == 0)
		return RB11_BGR;
	return RB11_UNKNOWN;
}

struct rb11_optional_framebuffer rb11_word_screen(const struct screen *screen, uint64_t at)
{
	uint32_t bytes_per_pixel = (screen->bits_per_pixel + 7) / 8;
	struct rb11_framebuffer framebuffer = {
		.buffer_start = at,
		.byte_len = (uint64_t)screen->pitch * screen->height,
		.width = screen->width,
		.height = screen->height,
		.pixel_format = pixel_format(screen),
		.bytes_per_pixel = bytes_per_pixel,
		.stride = screen->pitch / bytes_per_pixel,
	};

	if (framebuffer.pixel_format == RB11_UNKNOWN) {
		framebuffer.red_position = screen->red_shift;
		framebuffer.green_position = screen->green_shift;
		framebuffer.blue_position = screen->blue_shift;
	}
	return (struct rb11_optional_framebuffer){ .tag = RB11_SOME, .value = framebuffer };
}

/* The size of a version's BootInfo, including its sentinel. */
static size_t info_size(unsigned layout)
{
	size_t end = offsetof(struct rb11_boot_info, ramdisk_addr);

	if (layout == 0)
		return end; /* and no sentinel */
	if (layout >= RB11_STACK)
		end = offsetof(struct rb11_boot_info, sentinel);
	else if (layout >= RB11_KERNEL_FILE)
		end = offsetof(struct rb11_boot_info, kernel_stack_bottom);
	else
		end = offsetof(struct rb11_boot_info, kernel_addr);
	return end + sizeof(uint64_t);
}

uint64_t rb11_info_bound(const struct plan *plan)
{
	const unsigned resident = 2; /* placements */

	return sizeof(struct rb11_boot_info)
	     + plan_memory_map_capacity(plan, PLACED_WITH_INFO + resident)
	               * sizeof(struct rb11_region);
}

/* The firmware's own number for memory of a type at an address, or its number for reserved memory
 * if it reports nothing there (ACPI 6.5, 15, address range types; UEFI 2.10, 7.2). */
static uint32_t firmware_word(const struct machine *machine, const struct memory_range *range)
{
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *firmware = &machine->firmware[i];

		if (firmware->type == range->type && phys_overlap(firmware->phys, range->phys))
			return firmware->raw;
	}
	return machine->firmware_kind == FIRMWARE_EFI ? RB11_UEFI_RESERVED : RB11_BIOS_RESERVED;
}

/* A range of the memory map. What the loader has placed is of kind Bootloader, as with the crate's
 * loader: kernels may only write to usable memory. */
static struct rb11_region word_region(const struct machine *machine,
                                      const struct memory_range *range)
{
	static const uint32_t kinds[MEMORY_TYPES] = {
#define BOOTLOADER011(kind)                    RB11_##kind
#define MEMORY_TYPE(name, words, is_ram, wire) [MEMORY_##name] = wire,
#include "core/memory_types.def"
	};
	struct rb11_region region = { range->phys.begin, range->phys.end, kinds[range->type], 0 };

	if (region.kind != RB11_UNKNOWN_BIOS)
		return region;
	if (machine->firmware_kind == FIRMWARE_EFI)
		region.kind = RB11_UNKNOWN_UEFI;
	region.firmware = firmware_word(machine, range);
	return region;
}

void rb11_write_memory_map(struct boot *boot, const struct memory *map)
{
	struct rb11 *rb11 = (void *)boot->state;
	size_t size = info_size(rb11->config.layout);
	struct rb11_region *regions = (struct rb11_region *)(void *)(rb11->bytes + size);

	rb11->info.memory_regions = boot->plan.entry.rdi + size;
	rb11->info.memory_region_count = map->count;
	memcpy(rb11->bytes, &rb11->info, size);
	if (rb11->config.layout != 0)
		memset(rb11->bytes + size - sizeof(uint64_t), 0, sizeof(uint64_t)); /* sentinel */
	for (unsigned i = 0; i < map->count; i++)
		regions[i] = word_region(boot->machine, &map->ranges[i]);
}
