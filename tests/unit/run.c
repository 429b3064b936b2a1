/* SPDX-License-Identifier: MIT */
/*
 * run.c - boot_run() with a platform that notes what it is asked, and refuses where the test says:
 * each refusal ends the steps there, is reported, and leaves the rest to -onerror.
 */
#include "promises.h"

#include "core/colour.h"
#include "core/run.h"
#include "core/version.h"
#include "platform/platform.h"

/* The steps, each a letter of what the platform was asked, in its order. */
#define OPEN    "o"
#define WORDS   "w"
#define TAKE    "t"
#define CONSOLE "c"
#define OBEY    "b"
#define MACHINE "m"
#define LOAD    "l"
#define FACTS   "f"
#define REST    "r"
#define VIDEO   "v"
#define LAUNCH  "L"
#define SCREEN  "s"
#define FAIL_AS "F" /* and what it is to do: prompt, halt or reboot */

#define BEGUN OPEN WORDS TAKE CONSOLE
#define ALL   BEGUN MACHINE LOAD FACTS LOAD REST VIDEO

static struct {
	const char *words[8];
	unsigned count;
	char refuse;    /* the step that is refused */
	unsigned which; /* ... its number among those of its kind */
	char asked[64];
	char said[8192];
	bool is_kept; /* the screen's contents, when a failure was reported */
	jmp_buf launched;
	struct run run;
	_Alignas(8) uint64_t state[0x20000];
} script;

static bool damaged; /* the next boot's kernel is not an ELF file */

/* Notes that the platform was asked; false if it is to refuse. */
static bool ask(const char *step)
{
	strcat(script.asked, step);
	return step[0] != script.refuse || script.which-- != 0;
}

static bool answer(const char *step, struct report *report)
{
	return ask(step) || refuse(report, DIAG_MEMORY_LOADER, "step %s", step);
}

uint64_t platform_time(void)
{
	return 0;
}

void platform_open(struct machine *machine)
{
	ask(OPEN);
	*machine = world.machine;
	machine->reserved_count = 0;
}

bool platform_words(unsigned *count, const char *const **words, struct report *report)
{
	*count = script.count;
	*words = script.words;
	return answer(WORDS, report);
}

void *platform_take(uint64_t size, uint64_t align)
{
	EXPECT(size <= sizeof(script.state) && align <= sizeof(script.state[0]));
	memset(script.state, WORLD_GARBAGE, sizeof(script.state));
	return ask(TAKE) ? script.state : NULL;
}

void platform_console(const struct options *options, struct machine *machine)
{
	(void)options;
	(void)machine;
	ask(CONSOLE);
}

void platform_write(const char *text)
{
	EXPECT(strlen(script.said) + strlen(text) < sizeof(script.said));
	strcat(script.said, text);
}

bool platform_obey(enum action action, struct report *report)
{
	EXPECT_EQUAL(action, ACTION_REBOOT);
	return answer(OBEY, report);
}

bool platform_machine(struct machine *machine, struct report *report)
{
	(void)machine;
	return answer(MACHINE, report);
}

bool platform_load(struct file *file, struct report *report)
{
	if (!answer(LOAD, report))
		return false;
	lay_file(file, elf_file(), strcmp(file->name, "m") == 0 ? 4 * MIB : 2 * MIB);
	return true;
}

bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report)
{
	(void)machine;
	(void)wanted;
	return answer(FACTS, report);
}

bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	EXPECT(least == MIB && most > least);
	*rest = (struct phys_range){ 12 * MIB, 16 * MIB };
	return ask(REST);
}

bool platform_video_set(const struct machine *machine, struct report *report)
{
	(void)machine;
	return answer(VIDEO, report);
}

_Noreturn void platform_launch(const struct boot *boot)
{
	EXPECT(boot->launch != NULL);
	ask(LAUNCH);
	longjmp(script.launched, 1);
}

void platform_use_screen(bool emptied)
{
	script.is_kept = !emptied;
	EXPECT(strstr(script.said, "could not start") == NULL); /* all of it stays on the screen */
	ask(SCREEN);
}

void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds)
{
	static const char kinds[] = "phr";
	char kind[] = { kinds[on_error], 0 };

	EXPECT(machine == &script.run.machine && seconds > 0);
	ask(FAIL_AS);
	strcat(script.asked, kind);
}

/* Boots by these words with a step refused, 0 for none; true if that ends in the launch. */
static bool boot(const char *line, char refused, unsigned which)
{
	static char copy[256];

	begin_world(16 * MIB);
	begin_small_elf();
	if (damaged)
		elf_bytes[0] = 0;
	damaged = false;
	memset(&script, 0, sizeof(script));
	script.refuse = refused;
	script.which = which;
	EXPECT(strlen(line) < sizeof(copy));
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		script.words[script.count++] = word;
	if (setjmp(script.launched) != 0)
		return true;
	boot_run(&script.run);
	return false;
}

/* Booting by these words is refused at this step, and the platform was asked `asked`. */
static void expect_end(const char *line, char refused, unsigned which, const char *asked)
{
	EXPECT(!boot(line, refused, which));
	EXPECT_TEXT(script.asked, asked);
	EXPECT(script.run.report.count > 0);
	EXPECT_PART(script.said, script.run.report.findings[0].detail);
}

TEST("a boot asks the platform for everything once, in this order, and says one line")
{
	EXPECT(boot("k --- m", 0, 0));
	EXPECT_TEXT(script.asked, ALL LAUNCH);
	EXPECT_TEXT(script.said, LOADER_NAME ": k\n");
	EXPECT(boot("-quiet k --- m", 0, 0));
	EXPECT_TEXT(script.asked, ALL LAUNCH);
	EXPECT_TEXT(script.said, "");
}

TEST("a refusal ends the steps where it was made, and leads back to the prompt")
{
	expect_end("k --- m", 'w', 0, OPEN WORDS SCREEN FAIL_AS "p");
	expect_end("k --- m", 't', 0, OPEN WORDS TAKE SCREEN FAIL_AS "p");
	expect_end("k --- m", 'm', 0, BEGUN MACHINE SCREEN FAIL_AS "p");
	expect_end("k --- m", 'l', 0, BEGUN MACHINE LOAD SCREEN FAIL_AS "p");
	expect_end("k --- m", 'f', 0, BEGUN MACHINE LOAD FACTS SCREEN FAIL_AS "p");
	expect_end("k --- m", 'l', 1, BEGUN MACHINE LOAD FACTS LOAD SCREEN FAIL_AS "p");
	expect_end("k --- m", 'r', 0, BEGUN MACHINE LOAD FACTS LOAD REST SCREEN FAIL_AS "p");
	expect_end("k --- m", 'v', 0, ALL SCREEN FAIL_AS "p");
}

TEST("a bad option is reported where the words say, and nothing else is asked for")
{
	expect_end("-nonsense k", 0, 0, BEGUN SCREEN FAIL_AS "p");
}

TEST("a file that is not a kernel ends the boot before it is asked for its requests")
{
	damaged = true;
	expect_end("k", 0, 0, BEGUN MACHINE LOAD SCREEN FAIL_AS "p");
}

TEST("a kernel that cannot be planned ends the boot before the screen is switched")
{
	expect_end("-protocol=limine k", 0, 0, BEGUN MACHINE LOAD FACTS REST SCREEN FAIL_AS "p");
}

TEST("-onerror says what becomes of the machine, as soon as it has been read")
{
	expect_end("-onerror=halt k", 'v', 0,
	           BEGUN MACHINE LOAD FACTS REST VIDEO SCREEN FAIL_AS "h");
	EXPECT_PART(script.said, "could not start k\n");
	EXPECT_PART(script.said, "halted (-onerror=halt)");
	expect_end("-onerror=reboot k", 'm', 0, BEGUN MACHINE SCREEN FAIL_AS "r");
	EXPECT_PART(script.said, "restarts in 5 seconds (-onerror=reboot)");
	expect_end("-onerror=halt -nonsense k", 0, 0, BEGUN SCREEN FAIL_AS "h");
}

TEST("a refusal has a page of its own, unless -verbose has shown what would be lost")
{
	expect_end("k", 'v', 0, BEGUN MACHINE LOAD FACTS REST VIDEO SCREEN FAIL_AS "p");
	EXPECT(!script.is_kept);
	EXPECT_PART(script.said, "\n" IN_BAR "Longjump could not start k\n" IN_PLAIN "\n");
	expect_end("-verbose k", 'v', 0, BEGUN MACHINE LOAD FACTS REST VIDEO SCREEN FAIL_AS "p");
	EXPECT(script.is_kept);
	expect_end("-nonsense", 0, 0, BEGUN SCREEN FAIL_AS "p");
	EXPECT_PART(script.said, "Longjump could not start a kernel\n");
}

TEST("a machine that is to restart is asked for nothing else, and says if it cannot")
{
	expect_end("-reboot", 'b', 0, BEGUN OBEY SCREEN FAIL_AS "p");
}
