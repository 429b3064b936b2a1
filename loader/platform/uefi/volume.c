/* SPDX-License-Identifier: MIT */
/* volume.c - files by the Simple File System Protocol (UEFI 2.10, 13.4 and 13.5). Names have
 * slashes, as in isolinux.cfg. */
#include "platform/uefi/volume.h"

#include "core/text.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/reads.h"

/* UEFI 2.10, 13.4 and 13.5.16 */
static const struct efi_guid file_system = {
	0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid file_info = {
	0x09576e92, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

static struct efi_file *root;
static char folder[PATH_MAX];

bool volume_open(struct report *report)
{
	struct efi_file_system *system = firmware_protocol(firmware.loaded->device, &file_system);
	efi_status status;

	if (root != NULL)
		return true;
	if (system == NULL)
		return refuse(report, DIAG_UEFI_NO_VOLUME,
		              "where the firmware found the loader, it has no file system");
	status = system->open_volume(system, &root);
	if (status != EFI_SUCCESS)
		root = NULL;
	else
		reads_watch(firmware.loaded->device);
	return root != NULL
	    || refuse(report, DIAG_UEFI_NO_VOLUME, "OpenVolume() returned %#llx", ULL(status));
}

/* Converts a name of the firmware; what is not ASCII becomes a question mark. */
static void add_name(struct text *text, const efi_char *name, size_t length)
{
	for (size_t i = 0; i < length && name[i] != 0; i++) {
		efi_char c = name[i] == '\\' ? '/' : name[i];

		text_add(text, "%c", c < 128 ? (char)c : '?');
	}
}

void volume_own_folder(char *own, size_t size)
{
	const uint8_t *node = (const uint8_t *)firmware.loaded->path;
	struct text text = text_in(own, size);

	while (node != NULL && node[0] != EFI_NODE_END) {
		size_t length = node[2] | (size_t)node[3] << 8;

		if (length < 4)
			break;
		if (node[0] == EFI_NODE_MEDIA && node[1] == EFI_NODE_FILE) {
			const efi_char *name = (const efi_char *)(const void *)(node + 4);

			if (name[0] != '\\')
				text_add(&text, "/");
			add_name(&text, name, (length - 4) / sizeof(*name));
		}
		node += length;
	}
	for (size_t at = text_length(own); at > 0 && own[at] != '/'; at--)
		own[at - 1] = own[at - 1] == '/' ? '/' : 0;
	if (own[0] != 0 && own[text_length(own) - 1] == '/')
		own[text_length(own) - 1] = 0;
}

void volume_set_folder(const char *name)
{
	struct text text = text_in(folder, sizeof(folder));

	text_add(&text, "%s", name);
}

const char *volume_folder(void)
{
	return folder;
}

/* Converts a name for the firmware, from UTF-8 to UCS-2. False if it is too long, or has characters
 * that UCS-2 lacks. */
static bool convert(const char *name, efi_char *to, size_t capacity)
{
	const uint8_t *at = (const uint8_t *)name;
	size_t length = 0;

	while (*at != 0 && length + 1 < capacity) {
		unsigned more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
		uint32_t c = more == 0 ? *at : *at & (0x3fu >> more);

		if (more == 3 || (*at & 0xc0) == 0x80)
			return false;
		for (at++; more > 0; more--, at++) {
			if ((*at & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*at & 0x3f);
		}
		to[length++] = (efi_char)(c == '/' ? '\\' : c);
	}
	to[length] = 0;
	return *at == 0;
}

/* The path of a file, from the root on. */
static void path_of(const char *name, char *path, size_t size)
{
	struct text text = text_in(path, size);

	if (name[0] != '/')
		text_add(&text, "%s/", folder);
	text_add(&text, "%s", name);
}

/* As volume_find(), for a path. */
static struct efi_file *open_path(const char *path, efi_status *status)
{
	efi_char wide[PATH_MAX];
	struct efi_file *file = NULL;

	*status = EFI_NOT_FOUND;
	if (root == NULL || text_length(path) + 1 == PATH_MAX || !convert(path, wide, COUNT(wide)))
		return NULL;
	*status = root->open(root, &file, wide, EFI_FILE_READ, 0);
	return *status == EFI_SUCCESS ? file : NULL;
}

struct efi_file *volume_find(const char *name, efi_status *status)
{
	char path[PATH_MAX];

	path_of(name, path, sizeof(path));
	return open_path(path, status);
}

/* The buffer for information about a file or an entry of a folder. */
union found {
	struct efi_file_info info;
	uint8_t bytes[sizeof(struct efi_file_info) + PATH_MAX * sizeof(efi_char)];
};

bool volume_lost_folder(const char *name)
{
	char path[PATH_MAX];
	union found found;
	uint64_t size = sizeof(found);
	struct efi_file *opened;
	efi_status status;
	size_t end;

	path_of(name, path, sizeof(path));
	for (end = text_length(path); end > 0 && path[end] != '/'; end--)
		;
	path[end] = 0;
	opened = end > 0 ? open_path(path, &status) : NULL;
	if (opened == NULL)
		return false;
	status = opened->read(opened, &size, &found);
	opened->close(opened);
	return status == EFI_SUCCESS && size == 0;
}

bool volume_refuse(const char *name, efi_status status, struct report *report)
{
	if (status == EFI_NOT_FOUND)
		return refuse(report, DIAG_FILE_CUT, "%s: its folder could not be read", name);
	return refuse(report, DIAG_FILE_CUT, "%s: Open() of UEFI returned %#llx", name,
	              ULL(status));
}

bool volume_size(struct efi_file *file, uint64_t *size)
{
	union found found;
	uint64_t capacity = sizeof(found);

	if (file->get_info(file, &file_info, &capacity, &found) != EFI_SUCCESS
	    || (found.info.attributes & EFI_FILE_FOLDER) != 0)
		return false;
	*size = found.info.file_size;
	return true;
}

uint64_t volume_read(struct efi_file *file, void *to, uint64_t size)
{
	uint64_t got = size;

	return file->read(file, &got, to) == EFI_SUCCESS && reads_came(to, got) ? got : 0;
}
