/* SPDX-License-Identifier: MIT */
/*
 * efi_floor.c - what every loader for UEFI is measured against: reads \payload.bin once, by the
 * firmware's own file system, to where it will stay. It knows nothing of kernels.
 */
#include "efi_tell.h"

#include "platform/uefi/efi.h"

#define PAGE 4096
enum { SUCCESS = 16, FAILURE = 17 };

/* UEFI 2.10, 9.1, 13.4 and 13.5.16 */
static const struct efi_guid loaded_image = {
	0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid file_system = {
	0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid file_info = {
	0x09576e92, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

efi_status uefi_main(efi_handle image, struct efi_system_table *system);

/* Opens the payload on the volume that this program came from. */
static struct efi_file *open_payload(efi_handle image, struct efi_boot_services *boot)
{
	struct efi_loaded_image *own;
	struct efi_file_system *volume;
	struct efi_file *root, *file = NULL;

	if (boot->handle_protocol(image, &loaded_image, &own) == EFI_SUCCESS
	    && boot->handle_protocol(own->device, &file_system, &volume) == EFI_SUCCESS
	    && volume->open_volume(volume, &root) == EFI_SUCCESS)
		root->open(root, &file, u"\\payload.bin", EFI_FILE_READ, 0);
	return file;
}

/* Reads it into new memory, *size bytes. Returns their address, or 0. */
static uint64_t read_payload(struct efi_file *file, struct efi_boot_services *boot, uint64_t *size)
{
	union {
		struct efi_file_info info;
		uint8_t bytes[sizeof(struct efi_file_info) + 64];
	} found;
	uint64_t at, room = sizeof(found);

	if (file == NULL || file->get_info(file, &file_info, &room, &found) != EFI_SUCCESS)
		return 0;
	*size = found.info.file_size;
	if (boot->allocate_pages(EFI_ANY_PAGES, EFI_LOADER_DATA, (*size + PAGE - 1) / PAGE, &at)
	            != EFI_SUCCESS
	    || file->read(file, size, (void *)(uintptr_t)at) != EFI_SUCCESS)
		return 0;
	return at;
}

/* As in kernel.c: the sum of the words, and in the upper half that of all partial sums. */
static uint64_t check(const uint32_t *words, uint64_t size)
{
	uint32_t sum = 0, sum_of_sums = 0;

	for (uint64_t i = 0; i < size / sizeof(*words); i++) {
		sum += words[i];
		sum_of_sums += sum;
	}
	return (uint64_t)sum_of_sums << 32 | sum;
}

efi_status uefi_main(efi_handle image, struct efi_system_table *system)
{
	uint64_t size = 0;
	uint64_t at = read_payload(open_payload(image, system->boot), system->boot, &size);
	uint64_t arrival = rdtsc();

	tell(arrival);
	tell(check((const uint32_t *)(uintptr_t)at, size));
	for (;;)
		outb(EXIT, at != 0 ? SUCCESS : FAILURE);
}
