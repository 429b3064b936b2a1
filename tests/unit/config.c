/* SPDX-License-Identifier: MIT */
/* config.c - checks what core/config.h promises: every option, every value that must be refused,
 * and the words around the kernel and its modules. */
#include "check.h"

#include "core/config.h"

static struct config config;
static struct report report;

/* Reads the words of a line, which are separated by single spaces. */
static bool read(const char *line)
{
	static char copy[2 * CONFIG_TEXT];
	static const char *words[2 * CONFIG_MAX_MODULES + 10];
	unsigned count = 0;

	EXPECT(strlen(line) < sizeof(copy));
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
		EXPECT(count < COUNT(words));
		words[count++] = word;
	}
	memset(&report, 0, sizeof(report));
	memset(&config, 0xa5, sizeof(config)); /* as malloc() gives it */
	return config_read(&config, count, words, &report);
}

/* The line must be read. */
static void accept(const char *line)
{
	if (!read(line))
		FAIL("refused \"%s\": %s", line, report.findings[0].detail);
	EXPECT_EQUAL(report.count, 0);
}

/* The line must be refused, with this code, and with words that name `part`. */
static void expect_refusal(const char *line, enum diag code, const char *part)
{
	if (read(line))
		FAIL("accepted \"%s\"", line);
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, code);
	EXPECT_PART(report.findings[0].detail, part);
}

/* An option's value must be refused. */
static void expect_bad_value(const char *option)
{
	char line[200];

	snprintf(line, sizeof(line), "%s kernel.elf", option);
	expect_refusal(line, DIAG_CONFIG_BAD_VALUE, option);
}

TEST("a kernel's name alone is a configuration, with every option at its default")
{
	accept("kernel.elf");
	EXPECT_TEXT(config.kernel.name, "kernel.elf");
	EXPECT_TEXT(config.kernel.command_line, "");
	EXPECT_EQUAL(config.module_count, 0);
	EXPECT_EQUAL(config.options.paging_levels, 4);
	EXPECT_EQUAL(config.options.on_error, ON_ERROR_PROMPT);
	EXPECT(config.options.stack_size == 0 && config.options.stack_at == 0);
	EXPECT(config.options.direct_map == 0 && config.options.identity == 0);
	EXPECT(!config.options.kaslr && !config.options.kernel_file && !config.options.tsc);
	EXPECT(!config.options.verbose && !config.options.quiet);
}

TEST("what follows the kernel's name is its command line, options and all")
{
	accept("kernel.elf root=/dev/sda1 -verbose quiet");
	EXPECT_TEXT(config.kernel.command_line, "root=/dev/sda1 -verbose quiet");
	EXPECT(!config.options.verbose);
}

TEST("each module has a name and a command line")
{
	accept("-verbose kernel.elf a b --- one.img --- two.img x y z --- three.img");
	EXPECT_TEXT(config.kernel.name, "kernel.elf");
	EXPECT_TEXT(config.kernel.command_line, "a b");
	EXPECT_EQUAL(config.module_count, 3);
	EXPECT_TEXT(config.modules[0].name, "one.img");
	EXPECT_TEXT(config.modules[0].command_line, "");
	EXPECT_TEXT(config.modules[1].name, "two.img");
	EXPECT_TEXT(config.modules[1].command_line, "x y z");
	EXPECT_TEXT(config.modules[2].name, "three.img");
}

TEST("the words are copied, not kept")
{
	char word[] = "kernel.elf";
	const char *words[] = { word };

	memset(&report, 0, sizeof(report));
	EXPECT(config_read(&config, 1, words, &report));
	word[0] = 'X';
	EXPECT_TEXT(config.kernel.name, "kernel.elf");
}

TEST("a configuration before leaves nothing behind")
{
	accept("-kaslr -stack=1M kernel.elf --- module");
	accept("kernel.elf");
	EXPECT(!config.options.kaslr && config.options.stack_size == 0 && config.module_count == 0);
}

TEST("flags are read in any order")
{
	accept("-quiet -kaslr -tsc -kernelfile -verbose kernel.elf");
	EXPECT(config.options.quiet && config.options.kaslr && config.options.tsc);
	EXPECT(config.options.kernel_file && config.options.verbose);
	accept("-smp kernel.elf");
	EXPECT(config.options.smp && !config.options.x2apic);
	accept("-smp=x2apic kernel.elf");
	EXPECT(config.options.smp && config.options.x2apic);
	expect_bad_value("-smp=4");
	expect_bad_value("-smp=");
}

TEST("a number may be decimal or hexadecimal, with K, M, G or T after it")
{
	static const struct {
		const char *line;
		uint64_t size;
	} cases[] = {
		{ "-stack=4096 k", 4096 },       { "-stack=0x10000 k", 65536 },
		{ "-stack=64K k", 65536 },       { "-stack=64k k", 65536 },
		{ "-stack=1M k", MIB },          { "-stack=0X10k k", 16 * KIB },
		{ "-stack=1G k", GIB },          { "-stack=0xA000 k", 0xa000 },
		{ "-stack=0x00001000 k", 4096 },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		accept(cases[i].line);
		EXPECT_EQUAL(config.options.stack_size, cases[i].size);
	}
	accept("-identity=1T k");
	EXPECT_EQUAL(config.options.identity, 1024 * GIB);
}

TEST("what is not a number is refused")
{
	static const char *const options[] = {
		"-stack=",     "-stack=K",   "-stack=0x",      "-stack=64Q",
		"-stack=64KB", "-stack=-64", "-stack=+64K",    "-stack=0x1h",
		"-stack=1.5M", "-stack=4e3", "-stack=0x1000L", "-stack=64K,",
	};

	for (unsigned i = 0; i < COUNT(options); i++)
		expect_bad_value(options[i]);
}

TEST("a number too large for 64 bits is refused, not cut")
{
	expect_bad_value("-stack=18446744073709551616");
	expect_bad_value("-stack=18446744073709555712");
	expect_bad_value("-stack=0x10000000000001000");
	expect_bad_value("-stack=99999999999999999999999");
	expect_bad_value("-stack=16777216T");
	expect_bad_value("-stack=0x100000000000000K");
}

TEST("a stack is whole pages, from one to a GiB")
{
	expect_bad_value("-stack=0");
	expect_bad_value("-stack=4095");
	expect_bad_value("-stack=5000");
	expect_bad_value("-stack=0x40001000");
}

TEST("addresses in both halves are read to their last digit")
{
	accept("-stack-at=0x1000 k");
	EXPECT_EQUAL(config.options.stack_at, 0x1000);
	accept("-stack-at=0xffffc00000000000 k");
	EXPECT_EQUAL(config.options.stack_at, UINT64_C(0xffffc00000000000));
	accept("-stack-at=18446603336221196288 k");
	EXPECT_EQUAL(config.options.stack_at, UINT64_C(0xffff800000000000));
	accept("-direct-map=0xffff800000000000 k");
	EXPECT_EQUAL(config.options.direct_map, UINT64_C(0xffff800000000000));
}

TEST("addresses that are not canonical, in page 0 or not aligned are refused")
{
	expect_bad_value("-stack-at=0");
	expect_bad_value("-stack-at=0x1001");
	expect_bad_value("-stack-at=0x800000000000");
	expect_bad_value("-stack-at=0xffff7ffffffff000");
	expect_bad_value("-stack-at=0x1000000000000000");
	expect_bad_value("-direct-map=0xffff800000200000");
	expect_bad_value("-direct-map=0x100000");
}

TEST("with 5-level paging 57 bits of an address count, wherever -paging stands")
{
	accept("-paging=5 -stack-at=0xff00000000000000 k");
	EXPECT_EQUAL(config.options.stack_at, UINT64_C(0xff00000000000000));
	accept("-stack-at=0xff00000000000000 -paging=5 k");
	expect_refusal("-paging=5 -stack-at=0xff00000000000000 -paging=4 k", DIAG_CONFIG_BAD_VALUE,
	               "-stack-at");
	expect_refusal("-paging=5 -stack-at=0x100000000000000 k", DIAG_CONFIG_BAD_VALUE,
	               "-stack-at");
}

TEST("an identity map is whole pages, up to a TiB")
{
	accept("-identity=4G k");
	EXPECT_EQUAL(config.options.identity, 4 * GIB);
	expect_bad_value("-identity=0");
	expect_bad_value("-identity=4097");
	expect_bad_value("-identity=2T");
}

TEST("paging has 4 or 5 levels")
{
	accept("-paging=4 k");
	EXPECT_EQUAL(config.options.paging_levels, 4);
	accept("-paging=5 k");
	EXPECT_EQUAL(config.options.paging_levels, 5);
	expect_bad_value("-paging=3");
	expect_bad_value("-paging=6");
	expect_bad_value("-paging=five");
	expect_bad_value("-paging=");
}

TEST("an error ends at the prompt, in a halt or in a reboot")
{
	accept("-onerror=prompt k");
	EXPECT_EQUAL(config.options.on_error, ON_ERROR_PROMPT);
	accept("-onerror=halt k");
	EXPECT_EQUAL(config.options.on_error, ON_ERROR_HALT);
	accept("-onerror=reboot k");
	EXPECT_EQUAL(config.options.on_error, ON_ERROR_REBOOT);
	expect_bad_value("-onerror=ignore");
	expect_bad_value("-onerror=Halt");
}

TEST("faults are explained unless that is switched off, and end in a halt, a reboot or an exit")
{
	accept("k");
	EXPECT(config.options.explain);
	EXPECT_EQUAL(config.options.on_fault, ON_FAULT_HALT);
	accept("-explain=off -onfault=reboot k");
	EXPECT(!config.options.explain);
	EXPECT_EQUAL(config.options.on_fault, ON_FAULT_REBOOT);
	accept("-explain=on -onfault=exit k");
	EXPECT(config.options.explain);
	EXPECT_EQUAL(config.options.on_fault, ON_FAULT_EXIT);
	accept("-onfault=halt k");
	EXPECT_EQUAL(config.options.on_fault, ON_FAULT_HALT);
	expect_bad_value("-onfault=prompt");
	expect_bad_value("-explain=yes");
}

TEST("a protocol is named, with its features if it has some")
{
	accept("k");
	EXPECT(config.options.protocol == NULL);
	accept("-protocol=native k");
	EXPECT_TEXT(config.options.protocol, "native");
	accept("-protocol=name,one,two -stack=64K k");
	EXPECT_TEXT(config.options.protocol, "name,one,two");
	EXPECT_TEXT(config.kernel.name, "k");
}

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

TEST("a digest is 64 hexadecimal digits, for the kernel or for one module")
{
	accept("-sha256=" DIGEST " k --- m --- -sha256=" DIGEST " -raw n words");
	EXPECT(config.kernel.hashed && !config.modules[0].hashed && config.modules[1].hashed);
	for (unsigned i = 0; i < SHA256_SIZE; i++) {
		EXPECT_EQUAL(config.kernel.digest[i], 0x11 * (i % 16));
		EXPECT_EQUAL(config.modules[1].digest[i], 0x11 * (i % 16));
	}
	EXPECT_TEXT(config.modules[1].name, "n");
	EXPECT_TEXT(config.modules[1].command_line, "words");
}

TEST("a digest with too few, too many or other digits is refused")
{
	expect_refusal("-sha256=" DIGEST "0 k", DIAG_CONFIG_BAD_VALUE, "more than 64");
	expect_refusal("-sha256=0123 k", DIAG_CONFIG_BAD_VALUE, "-sha256=0123");
	expect_refusal("-sha256= k", DIAG_CONFIG_BAD_VALUE, "-sha256=");
	expect_refusal("k --- -sha256=xyz m", DIAG_CONFIG_BAD_VALUE, "-sha256=xyz");
}

TEST("a module may be taken as it is, and has no other options")
{
	accept("k --- -raw m --- n -raw");
	EXPECT(config.modules[0].raw && !config.modules[1].raw);
	EXPECT_TEXT(config.modules[1].command_line, "-raw");
	expect_refusal("k --- -verbose m", DIAG_CONFIG_UNKNOWN_OPTION, "-verbose");
	expect_refusal("k --- -raw", DIAG_CONFIG_NO_MODULE, "followed by nothing");
}

TEST("an option given twice has its last value")
{
	accept("-stack=64K -stack=128K k");
	EXPECT_EQUAL(config.options.stack_size, 128 * KIB);
}

TEST("options before a refused one take effect")
{
	expect_refusal("-onerror=halt -nonsense k", DIAG_CONFIG_UNKNOWN_OPTION, "-nonsense");
	EXPECT_EQUAL(config.options.on_error, ON_ERROR_HALT);
}

TEST("unknown options are refused by name")
{
	expect_refusal("-nonsense k", DIAG_CONFIG_UNKNOWN_OPTION, "-nonsense");
	expect_refusal("-stack k", DIAG_CONFIG_UNKNOWN_OPTION, "-stack");
	expect_refusal("-stac=4K k", DIAG_CONFIG_UNKNOWN_OPTION, "-stac=4K");
	expect_refusal("-stacks=4K k", DIAG_CONFIG_UNKNOWN_OPTION, "-stacks=4K");
	expect_refusal("-kaslr=yes k", DIAG_CONFIG_UNKNOWN_OPTION, "-kaslr=yes");
	expect_refusal("--verbose k", DIAG_CONFIG_UNKNOWN_OPTION, "--verbose");
	expect_refusal("- k", DIAG_CONFIG_UNKNOWN_OPTION, "-");
}

TEST("an option that is almost right is told from one that does not exist")
{
	expect_refusal("-stack k", DIAG_CONFIG_UNKNOWN_OPTION, "-stack: it needs a value");
	expect_refusal("-video k", DIAG_CONFIG_UNKNOWN_OPTION, "-video: it needs a value");
	expect_refusal("-kaslr=1 k", DIAG_CONFIG_UNKNOWN_OPTION, "-kaslr=1: it takes no value");
	expect_refusal("--tsc k", DIAG_CONFIG_UNKNOWN_OPTION, "--tsc: it begins with one '-'");
	expect_refusal("--log=e9 k", DIAG_CONFIG_UNKNOWN_OPTION, "--log=e9: it begins with one");
	expect_refusal("-raw k", DIAG_CONFIG_UNKNOWN_OPTION, "-raw: it belongs before a module");
	expect_refusal("- k", DIAG_CONFIG_UNKNOWN_OPTION, "-");
}

TEST("a configuration without a kernel is refused")
{
	expect_refusal("", DIAG_CONFIG_NO_KERNEL, "APPEND is followed by nothing");
	expect_refusal("-verbose", DIAG_CONFIG_NO_KERNEL, "the last option is followed by nothing");
	expect_refusal("--- module", DIAG_CONFIG_NO_KERNEL, "APPEND is followed by '---'");
	expect_refusal("-verbose --- module", DIAG_CONFIG_NO_KERNEL,
	               "the last option is followed by '---'");
}

TEST("a separator without a file is refused")
{
	expect_refusal("k ---", DIAG_CONFIG_NO_MODULE, "separator number 1 is followed by nothing");
	expect_refusal("k --- m --- --- n", DIAG_CONFIG_NO_MODULE,
	               "separator number 2 is followed by another");
}

TEST("as many modules as there is room for, and not one more")
{
	static char line[16 + 6 * (CONFIG_MAX_MODULES + 1)] = "k";

	for (unsigned i = 0; i < CONFIG_MAX_MODULES; i++)
		strcat(line, " --- m");
	accept(line);
	EXPECT_EQUAL(config.module_count, CONFIG_MAX_MODULES);
	EXPECT_TEXT(config.modules[CONFIG_MAX_MODULES - 1].name, "m");
	strcat(line, " --- m");
	expect_refusal(line, DIAG_CONFIG_TOO_LONG, "400 modules");
}

TEST("a line that fits is read, a longer one is refused, whatever its length")
{
	static char word[2 * CONFIG_TEXT];
	const char *words[] = { word };

	memset(word, 'k', sizeof(word) - 1);
	for (unsigned length = CONFIG_TEXT - 8; length < CONFIG_TEXT + 8; length++) {
		memset(&report, 0, sizeof(report));
		word[length] = 0;
		if (config_read(&config, 1, words, &report)) {
			EXPECT(length < CONFIG_TEXT - 2);
			EXPECT_EQUAL(strlen(config.kernel.name), length);
			EXPECT_TEXT(config.kernel.command_line, "");
		} else {
			EXPECT(length > CONFIG_TEXT - 4);
			EXPECT_EQUAL(report.findings[0].code, DIAG_CONFIG_TOO_LONG);
		}
		word[length] = 'k';
	}
}

TEST("a message about an endless word is cut")
{
	static char line[CONFIG_TEXT];

	memset(line, 'x', sizeof(line) - 1);
	line[0] = '-';
	expect_refusal(line, DIAG_CONFIG_UNKNOWN_OPTION, "-xxxx");
	EXPECT_EQUAL(strlen(report.findings[0].detail), 100);
}

TEST("-log names places, in any order")
{
	accept("kernel.elf");
	EXPECT_EQUAL(config.options.log, 0);
	accept("-log=e9 kernel.elf");
	EXPECT_EQUAL(config.options.log, LOG_E9);
	accept("-log=com2,screen,com1,com1 kernel.elf");
	EXPECT_EQUAL(config.options.log, LOG_COM2 | LOG_SCREEN | LOG_COM1);
	expect_bad_value("-log=");
	expect_bad_value("-log=com3");
	expect_bad_value("-log=com1,");
	expect_bad_value("-log=,com1");
	expect_bad_value("-log=com1e9");
}

TEST("-video is read, and the last one counts")
{
	accept("kernel.elf");
	EXPECT_EQUAL(config.options.video.want, VIDEO_TEXT);
	accept("-video=800x600x16,any kernel.elf");
	EXPECT_EQUAL(config.options.video.want, VIDEO_SIZE);
	EXPECT_EQUAL(config.options.video.bits_per_pixel, 16);
	EXPECT(config.options.video.any);
	accept("-video=800x600 -video=auto kernel.elf");
	EXPECT_EQUAL(config.options.video.want, VIDEO_AUTO);
	EXPECT_EQUAL(config.options.video.width, 0);
	expect_bad_value("-video=");
	expect_bad_value("-video=large");
}

TEST("-poweroff and -reboot need no kernel")
{
	accept("-poweroff");
	EXPECT_EQUAL(config.options.action, ACTION_POWER_OFF);
	accept("-quiet -reboot");
	EXPECT_EQUAL(config.options.action, ACTION_REBOOT);
	accept("kernel.elf -reboot");
	EXPECT_EQUAL(config.options.action, ACTION_START);
}

TEST("options that a protocol does not have are reset, with a warning for each")
{
	accept("-stack=1M -stack-at=0x1000 -direct-map=1G -identity=1M -paging=5 -kernelfile "
	       "-kaslr "
	       "-tsc -smp kernel.elf");
	memset(&report, 0, sizeof(report));
	options_drop(&config.options, OPTIONS_ALL, "native", &report);
	EXPECT_EQUAL(report.count, 0);
	EXPECT(config.options.paging_levels == 5 && config.options.smp);
	options_drop(&config.options, OPTION_STACK | OPTION_TSC, "foreign", &report);
	EXPECT_EQUAL(report.count, 7);
	for (unsigned i = 0; i < report.count; i++) {
		EXPECT_EQUAL(report.findings[i].code, DIAG_CONFIG_NOT_FOR_PROTOCOL);
		EXPECT(!report.findings[i].refusal);
	}
	EXPECT_PART(report.findings[0].detail, "-stack-at, and this is a foreign kernel");
	EXPECT(config.options.stack_size == MIB && config.options.tsc);
	EXPECT(config.options.stack_at == 0 && config.options.direct_map == 0);
	EXPECT(config.options.identity == 0 && config.options.paging_levels == 4);
	EXPECT(!config.options.kernel_file && !config.options.kaslr && !config.options.smp);
	options_drop(&config.options, 0, "foreign", &report);
	EXPECT_EQUAL(report.count, 9);
	options_drop(&config.options, 0, "foreign", &report);
	EXPECT_EQUAL(report.count, 9);
	accept("-video=text kernel.elf");
	options_drop(&config.options, 0, "foreign", &report);
	EXPECT_EQUAL(report.count, 0);
	accept("-video=800x600 kernel.elf");
	options_drop(&config.options, 0, "foreign", &report);
	EXPECT_EQUAL(report.count, 1);
	EXPECT(config.options.video.want == VIDEO_TEXT);
}

TEST("a module that the kernel asks for gets its whole name, or is refused")
{
	static char path[CONFIG_TEXT];
	size_t left;

	memset(path, 'p', sizeof(path) - 1);
	for (unsigned over = 0; over < 2; over++) {
		accept("/boot/kernel.elf words");
		left = sizeof(config.text) - 1 - config.text_used - strlen("/boot/");
		path[left - 1 + over] = 0;
		memset(&report, 0, sizeof(report));
		EXPECT_EQUAL(config_add_module(&config, 0, path, "", &report), over == 0);
		if (over == 0)
			EXPECT_EQUAL(strlen(config.modules[0].name), strlen("/boot/") + left - 1);
		else
			EXPECT_EQUAL(report.findings[0].code, DIAG_CONFIG_TOO_LONG);
		path[left - 1 + over] = 'p';
	}
}
