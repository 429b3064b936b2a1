"""What a user sees: the sample kernel's screen, read from its pixels."""

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
    # No panel runs into the next, nothing is cut off at the edge.
    assert all(len(line) <= 79 for line in seen.splitlines())


def test_the_sample_kernel_says_the_same_on_com1(boot):
    machine = boot("sample", append="hello from a test", memory=128, debug_exit=False)
    said = machine.wait_serial("That was all")
    assert "Hello from long mode" in said and "command line: hello from a test" in said
    assert said.count(" - ") >= 8, "the whole memory map is on COM1"
