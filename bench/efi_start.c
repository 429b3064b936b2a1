/* SPDX-License-Identifier: MIT */
/*
 * efi_start.c - does what firmware does with a disc, and tells when: starts the program
 * \EFI\BOOT\BOOTX64.EFI of the first volume that has one. QEMU hands it to the firmware (-kernel),
 * so that the disc is just what a user has. Knows nothing of what it starts.
 */
#include "efi_tell.h"

#include "platform/uefi/efi.h"

#define PATH_SIZE 512
#define TICKS     3

/* UEFI 2.10, 10.2 and 13.4 */
static const struct efi_guid device_path = {
	0x09576e91, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid file_system = {
	0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

/* UEFI 2.10, 7.3.9, 7.3.12, 7.4.1 and 7.4.2 */
enum { EFI_ALL_HANDLES = 0 };
typedef efi_status(EFIAPI connect_controller)(efi_handle handle, void *drivers, void *path,
                                              bool recursive);
typedef efi_status(EFIAPI load_image)(bool policy, efi_handle parent, const void *path,
                                      const void *source, uint64_t size, efi_handle *image);
typedef efi_status(EFIAPI start_image)(efi_handle image, uint64_t *size, efi_char **data);

efi_status uefi_main(efi_handle image, struct efi_system_table *system);

/* The path of the program on a volume: the volume's, a node for the file, and the end. */
static const uint8_t *program_path(const uint8_t *volume)
{
	static const struct __attribute__((packed)) {
		uint8_t type, kind;
		uint16_t size;
		efi_char name[sizeof(u"\\EFI\\BOOT\\BOOTX64.EFI") / sizeof(efi_char)];
		uint8_t end_type, end_kind;
		uint16_t end_size;
	} rest = { 4, 4, 4 + sizeof(rest.name), u"\\EFI\\BOOT\\BOOTX64.EFI", 0x7f, 0xff, 4 };
	static uint8_t path[PATH_SIZE];
	unsigned length = 0;

	while (volume[length] != 0x7f && length + sizeof(rest) < sizeof(path)) {
		unsigned end = length + volume[length + 2] + 256u * volume[length + 3];

		for (; length < end && length + sizeof(rest) < sizeof(path); length++)
			path[length] = volume[length];
	}
	for (unsigned i = 0; i < sizeof(rest); i++)
		path[length + i] = ((const uint8_t *)&rest)[i];
	return path;
}

/* Has drivers look at every device, as firmware does before it looks for something to start. */
static void connect_all(struct efi_boot_services *boot)
{
	efi_handle *handles;
	uint64_t count;

	if (boot->locate_handles(EFI_ALL_HANDLES, NULL, NULL, &count, &handles) != EFI_SUCCESS)
		return;
	for (uint64_t i = 0; i < count; i++)
		((connect_controller *)boot->connect)(handles[i], NULL, NULL, true);
	boot->free_pool(handles);
}

/*
 * Reports that all is ready, and waits for a listener, which there is once the machine has been
 * saved and continues. That may have set the clock back: then everything that waits for the clock
 * has to have its turn first.
 */
static void wait_for_listener(void)
{
	if (inb(LISTENER) == LISTENER)
		return;
	outb(EXIT, 0);
	while (inb(LISTENER) != LISTENER)
		__asm__ volatile("pause");
	for (int i = 0; i < TICKS; i++)
		__asm__ volatile("hlt");
}

efi_status uefi_main(efi_handle image, struct efi_system_table *system)
{
	struct efi_boot_services *boot = system->boot;
	efi_handle *volumes, program;
	uint64_t count;

	connect_all(boot);
	wait_for_listener();
	if (boot->locate_handles(EFI_BY_PROTOCOL, &file_system, NULL, &count, &volumes)
	    != EFI_SUCCESS)
		return EFI_NOT_FOUND;
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *path;

		if (boot->handle_protocol(volumes[i], &device_path, &path) != EFI_SUCCESS
		    || ((load_image *)boot->load_image)(false, image, program_path(path), NULL, 0,
		                                        &program)
		               != EFI_SUCCESS)
			continue;
		tell(rdtsc());
		return ((start_image *)boot->start_image)(program, NULL, NULL);
	}
	return EFI_NOT_FOUND;
}
