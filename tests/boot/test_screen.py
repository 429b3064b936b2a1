"""What a user sees: the sample kernel's screen, read from its pixels."""

import re

import screen


def test_the_sample_kernel_shows_itself(boot):
    machine = boot("sample", append="hello from a test", memory=128, debug_exit=False)
    machine.wait_serial("That was all")
    machine.expect_end("hang", limit=1)
    seen = machine.screenshot_text()
    for words in (
        "Hello from long mode",
        "Longjump 2.",
        "command line: hello from a test",
        "Kernel",
        "4-level paging",
        "Machine",
        "1 CPU",
        "Memory",
        "free",
        "Boot",
        "reading",
        "That was all: the CPU is halted.",
    ):
        assert words in seen, f"{words!r} is not on the screen:\n{seen}"
    # Every character of the text memory shows as it should; a full block is a cell of one colour.
    wanted = machine.screen_text().replace(screen.FULL_BLOCK, " ")
    assert [line.rstrip() for line in seen.splitlines()] == [
        line.rstrip() for line in wanted.splitlines()
    ]
    assert "not memory" in seen and "GiB" not in seen, "addresses of devices are no memory"
    # No panel overlaps the next, and nothing is cut off at the edge.
    assert all(len(line) <= 79 for line in seen.splitlines())


def test_the_sample_kernel_says_the_same_on_com1(boot):
    machine = boot("sample", append="hello from a test", memory=128, debug_exit=False)
    said = machine.wait_serial("That was all")
    assert "Hello from long mode" in said and "command line: hello from a test" in said
    assert said.count(" - ") >= 8, "the whole memory map is on COM1"
    assert re.search(r"fffc0000 - 0000000100000000 +256 KiB  not memory", said), said


def test_a_larger_screen_says_what_to_do_next_and_has_its_columns_in_line(boot):
    machine = boot("sample", options="-video=1024x768", debug_exit=False)
    machine.wait_serial("That was all")
    machine.expect_end("hang", limit=1)
    seen = machine.screenshot_text()
    assert "./build.sh new FOLDER" in seen and "run --kernel FILE" in seen, seen
    for side in (slice(0, 58), slice(58, None)):
        sizes = [line[side].rstrip() for line in seen.splitlines() if " - " in line[side]]
        assert len(sizes) >= 8 and len({len(size) for size in sizes}) == 1, seen
