/* SPDX-License-Identifier: MIT */
/* kit.c - starts the loader from the volume that this program came from. */
#include "kit.h"

/* UEFI 2.10, 9.1 and 10.2 */
static const struct efi_guid loaded_image = {
	0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid device_path = {
	0x09576e91, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

typedef efi_status(EFIAPI load_image)(bool policy, efi_handle parent, const void *path,
                                      const void *source, uint64_t size, efi_handle *image);
typedef efi_status(EFIAPI start_image)(efi_handle image, uint64_t *size, efi_char **data);

struct efi_boot_services real;

efi_status uefi_main(efi_handle image, struct efi_system_table *system);

/* The path of the loader: the volume's, a node for the file, and the end. */
static const uint8_t *loader_path(const uint8_t *volume)
{
	static const efi_char name[] = u"\\isolinux\\loader.efi";
	static uint8_t path[512];
	unsigned length = 0;
	uint8_t *node;

	while (volume[length] != 0x7f)
		length += volume[length + 2] + 256u * volume[length + 3];
	for (unsigned i = 0; i < length; i++)
		path[i] = volume[i];
	node = path + length;
	node[0] = 4; /* media, a file */
	node[1] = 4;
	node[2] = 4 + sizeof(name);
	for (unsigned i = 0; i < sizeof(name); i++)
		node[4 + i] = ((const uint8_t *)name)[i];
	node += node[2];
	node[0] = 0x7f;
	node[1] = 0xff;
	node[2] = 4;
	return path;
}

void take_page(uint64_t at)
{
	uint64_t place = at;

	real.allocate_pages(at != 0 ? EFI_AT : EFI_ANY_PAGES, EFI_RUNTIME_DATA, 1, &place);
}

efi_status uefi_main(efi_handle image, struct efi_system_table *system)
{
	struct efi_loaded_image *own;
	const uint8_t *volume;
	efi_handle loader;
	efi_status status;

	real = *system->boot;
	if (real.handle_protocol(image, &loaded_image, &own) != EFI_SUCCESS
	    || real.handle_protocol(own->device, &device_path, &volume) != EFI_SUCCESS)
		return EFI_NOT_FOUND;
	status = ((load_image *)real.load_image)(false, image, loader_path(volume), NULL, 0,
	                                         &loader);
	if (status != EFI_SUCCESS)
		return status;
	change(system->boot);
	return ((start_image *)real.start_image)(loader, NULL, NULL);
}
