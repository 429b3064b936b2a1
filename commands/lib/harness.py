"""harness.py - tells the words that cargo and cargo-nextest pass to a test program from QEMU's.

To them, a kernel that is a test is a harness with one test in it, which has the kernel's name.
Knows the options of Rust's own harness (libtest, as of Rust 1.95) and which options of QEMU have no
value; knows nothing of how a test is run.
"""


from lib.package import HASH
from lib.project import Stop
from lib.record import dataclass, field

# What a harness takes: options alone, and options with a word or "=" after them. What is not a
# field of Harness makes no difference to a single test.
ALONE = {
    "--quiet", "-q", "--test", "--bench", "--list", "--nocapture", "--no-capture", "--show-output",
    "--exact", "--ignored", "--include-ignored", "--exclude-should-panic", "--report-time",
    "--ensure-time", "--shuffle", "--force-run-in-process", "--fail-fast", "--help", "-h",
}  # fmt: skip
VALUED = {"--format", "--color", "--test-threads", "--skip", "--logfile", "--shuffle-seed", "-Z"}

# Options of QEMU that have no value (qemu-system-x86_64 -help). All others are assumed to have one.
QEMU_ALONE = {
    "version", "mem-prealloc", "audio-help", "snapshot", "usb", "nographic", "curses",
    "full-screen", "win2k-hack", "no-fd-bootchk", "no-acpi", "no-hpet", "singlestep", "preconfig",
    "S", "s", "enable-kvm", "xen-attach", "xen-domid-restrict", "no-reboot", "no-shutdown",
    "daemonize", "only-migratable", "nodefaults", "no-user-config", "enable-sync-profile",
}  # fmt: skip


@dataclass
class Harness:
    """The options of a harness."""

    filters: list = field(default_factory=list)
    skips: list = field(default_factory=list)
    options: set = field(default_factory=set)
    format: str = "pretty"

    @property
    def is_quiet(self):
        return bool({"--quiet", "-q"} & self.options)

    @property
    def is_list(self):
        return "--list" in self.options

    @property
    def is_help(self):
        return bool({"--help", "-h"} & self.options)

    def runs(self, name):
        """Whether a test of this name is to be run, or listed. There are no ignored tests."""

        plain = name.replace("-", "_")  # cargo replaces one by the other

        def matches(text):
            text = text.replace("-", "_")
            return text == plain if "--exact" in self.options else text in plain

        return (
            "--ignored" not in self.options
            and (not self.filters or any(map(matches, self.filters)))
            and not any(map(matches, self.skips))
        )

    def listing(self, name):
        """The answer to --list of a harness with one test of this name."""
        lines = [f"{name}: test"] * self.runs(name)
        if self.format == "pretty":
            lines += ["", "1 test, 0 benchmarks"] if lines else ["0 tests, 0 benchmarks"]
        return "".join(f"{line}\n" for line in lines)


HELP = """A kernel that is run as a test takes the words of Rust's test harness. A part of its name,
--exact, --skip PART, --list, --format terse, --ignored and --quiet do what they do there; what is
about the tests in one program, such as --test-threads or --nocapture, changes nothing.
All else is QEMU's.
"""


def test_name(program):
    """The name of a program as a test, without the hash that cargo appends."""
    return HASH.sub("", program.name.removesuffix(".elf"))


def understand(words, for_qemu):
    """The words that a harness understands, as a Harness, and the rest. Those for QEMU begin with
    one of its options, so words before that are filters. Those for another emulator can be any
    words."""
    harness, rest, words = Harness(), [], list(words)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in VALUED:
            if not equals and not words:
                raise Stop(f"runner: {name} needs a word after it", 2)
            value = value if equals else words.pop(0)
            if name == "--skip":
                harness.skips.append(value)
            elif name == "--format":
                harness.format = value
        elif name in ALONE:
            harness.options.add(name)
        elif name.startswith("-Z"):
            continue  # -Zunstable-options, which stands before --format=json
        elif word == "--" or not for_qemu and word.startswith("-"):
            rest += [word] * (word != "--")
        elif not for_qemu:
            rest.append(word)
        elif word.startswith("-"):
            rest.append(word)
            if words and word.lstrip("-") not in QEMU_ALONE:
                rest.append(words.pop(0))
        else:
            harness.filters.append(word)
    return harness, rest
