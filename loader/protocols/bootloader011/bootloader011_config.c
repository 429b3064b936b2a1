/* SPDX-License-Identifier: MIT */
/*
 * bootloader011_config.c - finds and reads the section .bootloader-config. Knows how it is laid out
 * in each version, and nothing of what is done with it.
 *
 * The crate's loader panics unless a section has the length of its own version; here, every known
 * length and version can be read.
 */
#include "protocols/bootloader011/bootloader011_config.h"

#include "core/elf/objects.h"
#include "core/elf/sections.h"

#define SEARCHED MIB /* bytes that are searched in each segment: all would take too long */

static const uint8_t uuid[RB11_UUID_SIZE] = RB11_UUID;

/* The section's bytes, field by field. */
struct fields {
	struct span bytes;
	uint64_t at; /* of the next field */
	struct report *report;
};

/* True if the bytes at `offset` are the UUID. */
static bool is_uuid(struct span bytes, uint64_t offset)
{
	return in_bounds(offset, sizeof(uuid), bytes.size)
	    && memcmp(bytes.bytes + offset, uuid, sizeof(uuid)) == 0;
}

/* byte_test: the byte is also in the UUID. */
static inline __attribute__((always_inline)) bool may_be_part(const uint8_t *at,
                                                              const void *is_part)
{
	return ((const bool *)is_part)[*at];
}

/* Where a byte of the UUID is. */
static __attribute__((noinline)) size_t skip_others(const uint8_t *from, size_t at, size_t end,
                                                    const bool *is_part)
{
	return objects_skip(from, at, end, may_be_part, is_part);
}

/* If the byte at `at` belongs to a UUID, where that begins; otherwise the number of bytes. */
static size_t uuid_around(const uint8_t *bytes, size_t at, size_t size)
{
	for (unsigned i = 0; i < sizeof(uuid) && i <= at; i++) {
		if (bytes[at] == uuid[i] && bytes[at - i] == uuid[0]
		    && size - (at - i) >= sizeof(uuid)
		    && memcmp(bytes + (at - i), uuid, sizeof(uuid)) == 0)
			return at - i;
	}
	return size;
}

/* The offset of the UUID; the span's size if there is none. It may have any alignment, but one of
 * its 16 bytes is at a multiple of 16, so only those are looked at. */
static uint64_t find_uuid(struct span bytes)
{
	size_t at = 0, found, size = (size_t)bytes.size;
	bool is_part[256] = { false };

	for (unsigned i = 0; i < sizeof(uuid); i++)
		is_part[uuid[i]] = true;
	while ((at = skip_others(bytes.bytes, at, size, is_part)) < size) {
		found = uuid_around(bytes.bytes, at, size);
		if (found < size)
			return found;
		at += sizeof(uuid);
	}
	return bytes.size;
}

/* The version that the configuration in `bytes` was made with; false if it is cut short. */
static bool read_version(struct span bytes, struct rb11_version *version)
{
	*version = (struct rb11_version){ 0 };
	return span_read(bytes, RB11_VERSION_AT, version, RB11_VERSION_SIZE);
}

/* What is found of the configuration, before it is read. */
struct found {
	struct span bytes;
	bool in_section; /* so its length is known */
};

/* True if the UUID at `begin` is followed by what can be a configuration: as many bytes as the
 * longest has, if they are there. Other bytes may hold the UUID alone. */
static bool is_config(struct span bytes, uint64_t begin, struct found *found)
{
	struct rb11_version version;

	return span_part(bytes, begin, min_u64(bytes.size - begin, RB11_SECTION_SIZE_LATEST),
	                 &found->bytes)
	    && found->bytes.size >= RB11_SECTION_SIZE && read_version(found->bytes, &version)
	    && version.major == RB11_MAJOR && version.pre_release <= 1;
}

/* object_test: the configuration, by its UUID. */
static bool find_folded(struct span bytes, uint64_t size, uint64_t at, void *context)
{
	struct span rest = { bytes.bytes, size };

	(void)at;
	for (uint64_t begin; (begin = find_uuid(rest)) < rest.size;
	     span_part(rest, begin + sizeof(uuid), rest.size - begin - sizeof(uuid), &rest)) {
		if (is_config(bytes, size - rest.size + begin, context))
			return true;
	}
	return false;
}

/* The configuration in a file that is ELF64: in its section, or where a linker script has put its
 * bytes among others. */
static bool find_config(const struct elf *elf, struct found *found)
{
	struct elf_section_header section;
	struct sections sections;

	*found = (struct found){ 0 };
	if (sections_find(elf, &sections) && section_find(&sections, RB11_SECTION, &section)) {
		found->bytes = section_bytes(&sections, &section);
		found->in_section = true;
		return true;
	}
	return objects_search(elf, (struct virt_range){ 0, UINT64_MAX }, SEARCHED, find_folded,
	                      found);
}

bool rb11_is_asked(struct span file)
{
	struct found found;
	struct elf elf;

	return elf_open(&elf, file) && !elf.is_elf32 && find_config(&elf, &found);
}

/* The size of a version's configuration. */
static unsigned config_size(unsigned patch)
{
	if (patch >= RB11_KERNEL_BASE)
		return RB11_SECTION_SIZE_LATEST;
	return patch >= RB11_RAMDISK ? RB11_SECTION_SIZE_RAMDISK : RB11_SECTION_SIZE;
}

/* The first version whose configuration has this size; RB11_LATEST + 1 if none has. */
static unsigned first_of_size(uint64_t size)
{
	unsigned patch = 0;

	while (patch <= RB11_LATEST && config_size(patch) != size)
		patch++;
	return patch;
}

/* Refuses a length that no version has, or that is not the version's. Always false. */
static bool refuse_length(const struct found *found, const char *version, struct report *report)
{
	return refuse(report, DIAG_BOOTLOADER_LENGTH,
	              "%s %llu bytes%s; 0.11.0 writes %u, 0.11.%u to 0.11.%u write %u, "
	              "0.11.%u to 0.11.%u write %u",
	              found->in_section ? "it has" : "in its segment there are",
	              ULL(found->bytes.size), version, RB11_SECTION_SIZE, RB11_RAMDISK,
	              RB11_KERNEL_BASE - 1, RB11_SECTION_SIZE_RAMDISK, RB11_KERNEL_BASE,
	              RB11_LATEST, RB11_SECTION_SIZE_LATEST);
}

/* Refuses a section that does not begin with the UUID. Always false. */
static bool refuse_uuid(struct span bytes, struct report *report)
{
	char there[40], right[40];
	struct text found = text_in(there, sizeof(there)), wanted = text_in(right, sizeof(right));

	for (unsigned i = 0; i < sizeof(uuid); i++) {
		text_add(&found, "%02x", bytes.bytes[i]);
		text_add(&wanted, "%02x", uuid[i]);
	}
	return refuse(report, DIAG_BOOTLOADER_UUID, "it begins with %s, not %s", there, right);
}

/* Words a version: "0.11.16". */
static const char *version_words(const struct rb11_version *version, char *buffer, size_t size)
{
	struct text text = text_in(buffer, size);

	text_add(&text, "%u.%u.%u%s", version->major, version->minor, version->patch,
	         version->pre_release != 0 ? " (a pre-release)" : "");
	return buffer;
}

/* Treats the version as a known one, or refuses it. */
static bool check_version(const struct rb11_config *config, const struct found *found, bool named,
                          struct report *report)
{
	const struct rb11_version *version = &config->version;
	bool is_011 = version->major == RB11_MAJOR && version->minor == RB11_MINOR;
	char words[40], detail[160];
	struct text text = text_in(detail, sizeof(detail));

	if (is_011 && version->patch <= RB11_LATEST)
		return true;
	text_add(&text,
	         "it is made with %s, and its section has %llu bytes; known versions "
	         "are 0.11.0 to 0.11.%u",
	         version_words(version, words, sizeof(words)), ULL(found->bytes.size), RB11_LATEST);
	if (!is_011 || !named)
		return refuse(report, DIAG_BOOTLOADER_VERSION, "%s", detail);
	warn(report, DIAG_BOOTLOADER_VERSION, "%s, so it is started as the last of these", detail);
	return true;
}

/*
 * Determines the layout of the bytes. A section's length decides, not its version: unreleased
 * versions in the crate's repository had the number of the last release and the length of the next.
 */
static bool choose_layout(struct rb11_config *config, struct found *found, bool named,
                          struct report *report)
{
	char words[40], version[80];
	struct text text = text_in(version, sizeof(version));
	unsigned by_length = first_of_size(found->bytes.size);
	unsigned patch;

	if (!is_uuid(found->bytes, 0) && (by_length <= RB11_LATEST))
		return refuse_uuid(found->bytes, report);
	if (!is_uuid(found->bytes, 0) || !read_version(found->bytes, &config->version))
		return refuse_length(found, "", report);
	if (!check_version(config, found, named, report))
		return false;
	patch = config->version.patch <= RB11_LATEST ? config->version.patch : RB11_LATEST;
	text_add(&text, ", and is made with %s",
	         version_words(&config->version, words, sizeof(words)));
	if (found->bytes.size < config_size(patch)
	    || (found->in_section && by_length > RB11_LATEST))
		return refuse_length(found, version, report);
	config->layout = patch;
	if (found->in_section && by_length > patch)
		config->layout = by_length;
	found->bytes.size = config_size(config->layout);
	return true;
}

/* The next word of the configuration. */
static uint64_t take_word(struct fields *fields)
{
	uint64_t word;

	span_read(fields->bytes, fields->at, &word, sizeof(word));
	fields->at += sizeof(word);
	return word;
}

/* Reads a tag, 0 or 1, as *is_set. If it is 0, the `size` bytes after it must be 0 as well. */
static bool take_tag(struct fields *fields, const char *name, unsigned size, bool *is_set)
{
	const uint8_t *tag = fields->bytes.bytes + fields->at;

	*is_set = *tag == 1;
	for (unsigned i = 0; i <= size && !*is_set; i++) {
		if (tag[i] != 0)
			return refuse(fields->report, DIAG_BOOTLOADER_TAG,
			              "byte %llu, in the field %s, is %#x; it must be 0%s",
			              ULL(fields->at + i), name, tag[i],
			              i == 0 ? " or 1" : ", since the tag before it is");
	}
	fields->at++;
	return true;
}

/* Kinds of fields. */
enum kind { WORD, FLAG, MAPPING, OPTIONAL_WORD, OPTIONAL_MAPPING };

/* One field: where it goes to, and the first version that has it. */
struct field {
	const char *name;
	enum kind kind;
	unsigned since;
	uint64_t *word;
	bool *flag; /* of FLAG; of OPTIONAL_WORD, NULL if 0 means absent */
	struct rb11_mapping *mapping;
};

static bool take_mapping(struct fields *fields, const struct field *field)
{
	bool is_there = true, is_fixed;

	if (field->kind == OPTIONAL_MAPPING
	    && !take_tag(fields, field->name, RB11_MAPPING_SIZE, &is_there))
		return false;
	if (!take_tag(fields, field->name, sizeof(uint64_t), &is_fixed))
		return false;
	field->mapping->place = is_fixed ? RB11_FIXED : is_there ? RB11_DYNAMIC : RB11_NOWHERE;
	field->mapping->at = take_word(fields);
	return true;
}

static bool take_field(struct fields *fields, const struct field *field)
{
	bool is_set = true;

	switch (field->kind) {
	case WORD:
		*field->word = take_word(fields);
		return true;
	case FLAG:
		return take_tag(fields, field->name, 0, field->flag);
	case OPTIONAL_WORD:
		if (!take_tag(fields, field->name, sizeof(uint64_t), &is_set))
			return false;
		*field->word = take_word(fields);
		if (field->flag != NULL)
			*field->flag = is_set;
		return true;
	default:
		return take_mapping(fields, field);
	}
}

/* All fields after the version, in their order. */
static bool take_fields(struct rb11_config *config, struct fields *fields)
{
	const struct field list[] = {
		{ .name = "kernel_stack_size", WORD, .word = &config->kernel_stack_size },
		{ .name = "kernel_stack", MAPPING, .mapping = &config->kernel_stack },
		{ .name = "kernel_base",
		  MAPPING,
		  RB11_KERNEL_BASE,
		  .mapping = &config->kernel_base },
		{ .name = "boot_info", MAPPING, .mapping = &config->boot_info },
		{ .name = "framebuffer", MAPPING, .mapping = &config->framebuffer },
		{ .name = "physical_memory",
		  OPTIONAL_MAPPING,
		  .mapping = &config->physical_memory },
		{ .name = "page_table_recursive", OPTIONAL_MAPPING, .mapping = &config->recursive },
		{ .name = "aslr", FLAG, .flag = &config->aslr },
		{ .name = "dynamic_range_start",
		  OPTIONAL_WORD,
		  .word = &config->range_begin,
		  .flag = &config->has_range_begin },
		{ .name = "dynamic_range_end",
		  OPTIONAL_WORD,
		  .word = &config->range_last,
		  .flag = &config->has_range_end },
		{ .name = "ramdisk_memory", MAPPING, RB11_RAMDISK, .mapping = &config->ramdisk },
		{ .name = "minimum_framebuffer_height",
		  OPTIONAL_WORD,
		  .word = &config->least_height },
		{ .name = "minimum_framebuffer_width",
		  OPTIONAL_WORD,
		  .word = &config->least_width },
	};

	for (unsigned i = 0; i < COUNT(list); i++) {
		if (config->layout >= list[i].since && !take_field(fields, &list[i]))
			return false;
	}
	return true;
}

bool rb11_read_config(struct rb11_config *config, const struct elf *elf, bool named,
                      struct report *report)
{
	struct fields fields = { .at = RB11_VERSION_AT + RB11_VERSION_SIZE, .report = report };
	struct found found;

	*config = (struct rb11_config){ .kernel_base.place = RB11_DYNAMIC,
		                        .ramdisk.place = RB11_DYNAMIC };
	if (!find_config(elf, &found))
		return refuse(report, DIAG_BOOTLOADER_NO_SECTION,
		              "no section of that name, and no UUID in the first MiB that is "
		              "searched of any segment");
	if (!choose_layout(config, &found, named, report))
		return false;
	fields.bytes = found.bytes;
	if (config->version.pre_release > 1)
		return refuse(report, DIAG_BOOTLOADER_TAG,
		              "byte %u, pre_release, is %#x; it must be 0 or 1",
		              RB11_VERSION_AT + RB11_VERSION_SIZE - 1, config->version.pre_release);
	return take_fields(config, &fields);
}
