"""The screen that -video= asks for: what a kernel is told about it is compared with QEMU, and what
it draws with the picture that QEMU shows."""

import re

import images
import paging
import pytest
import screen
import told as tell
from shown import Shown
from mistakes import expect_refusal

VGAS = ["std", "cirrus", "vmware", "qxl", "virtio"]
WRITE_COMBINING = 5  # entry of the page attribute table


@pytest.fixture
def show(stand):
    """Boots the kernel that draws; returns what it said about the screen."""

    def run(video, **options):
        return Shown(*stand("video", options=video and f"-video={video}", **options))

    return run


@pytest.mark.parametrize("video", ["", "text"])
def test_text_mode_is_the_default(show, video):
    shown = show(video)
    assert shown.told.framebuffer == [0] * 6 and shown.modes == []
    assert shown.machine.screen_text().startswith("SeaBIOS")
    assert not shown.told.of_type(tell.FRAMEBUFFER)


@pytest.mark.parametrize("video", ["", "1024x768"])
def test_the_font_of_the_bios_is_handed_over(show, video):
    shown = show(video)
    rom = screen.find_font(shown.machine.memory(0xC0000, 0x10000))
    assert shown.read(shown.told.font, 4096) == b"".join(rom)


@pytest.mark.parametrize("vga", VGAS)
def test_a_size_is_what_the_kernel_gets_and_draws_on(show, vga):
    shown = show("1024x768", vga=vga)
    assert shown.size == (1024, 768)
    assert shown.depth == (24 if vga == "cirrus" else 32)
    shown.check_pattern(shown.machine.screenshot())


@pytest.mark.parametrize(
    "video, depth, colours",
    [
        ("640x480x15", 15, [(10, 5), (5, 5), (0, 5)]),
        ("800x600x16", 16, [(11, 5), (5, 6), (0, 5)]),
        ("1280x1024x24", 24, [(16, 8), (8, 8), (0, 8)]),
        ("1920x1080x32", 32, [(16, 8), (8, 8), (0, 8)]),
    ],
)
def test_a_depth_is_what_the_kernel_gets_and_draws_in(show, video, depth, colours):
    shown = show(video)
    assert shown.depth == depth and shown.colours == colours
    assert "x".join(str(number) for number in (*shown.size, depth)) == video
    shown.check_pattern(shown.machine.screenshot())


@pytest.mark.parametrize("width, height", [(1280, 800), (1920, 1080), (800, 600)])
def test_automatically_it_is_what_the_monitor_likes_best(show, width, height):
    extra = ["-device", f"VGA,edid=on,xres={width},yres={height}"]
    shown = show("auto", vga="none", extra=extra)
    assert shown.size == (width, height)
    edid = shown.read(shown.told.edid, 128)
    assert edid[:8] == bytes.fromhex("00ffffffffffff00") and sum(edid) % 256 == 0
    assert (edid[56] | (edid[58] & 0xF0) << 4, edid[59] | (edid[61] & 0xF0) << 4) == shown.size


def test_automatically_it_is_no_more_than_the_monitor_shows(show):
    extra = ["-device", "VGA,edid=on,xres=1366,yres=768"]
    assert show("auto", vga="none", extra=extra).size == (1280, 768)


@pytest.mark.parametrize("vga", ["cirrus", "vmware"])
def test_automatically_without_a_monitor_s_word_it_is_1024x768(show, vga):
    shown = show("auto", vga=vga)
    assert shown.size == (1024, 768) and shown.told.edid == 0


def test_the_framebuffer_is_where_the_device_has_it_and_mapped_write_combining(show):
    shown = show("1024x768")
    pci = shown.machine.monitor("info pci")
    vga = pci[pci.index("VGA controller") :]
    assert shown.physical == int(re.search(r"prefetchable memory at (0x[0-9a-f]+)", vga)[1], 16)
    end = shown.address + shown.pitch * shown.height
    mappings = shown.machine.page_tables()
    for at in range(shown.address, end, 4096):
        page = paging.find(mappings, at)
        assert page.writable and not page.executable and not page.user
        assert page.pat == WRITE_COMBINING
        assert page.phys + at - page.begin == shown.physical + at - shown.address
    assert shown.told.of_type(tell.FRAMEBUFFER) == [
        tell.Memory(shown.physical, shown.physical + shown.pitch * shown.height, tell.FRAMEBUFFER)
    ]


def test_the_modes_are_listed(show):
    shown = show("800x600")
    assert ("1024x768", "32", "144") in shown.modes and ("640x480", "16", "111") in shown.modes
    assert {depth for _, depth, _ in shown.modes} == {"15", "16", "24", "32"}


@pytest.mark.parametrize("video", ["1900x1000", "1024x768x32", "640x480x15,any"])
def test_a_mode_that_does_not_exist(boot, show, video):
    if video.endswith("any"):
        shown = show(video, vga="qxl")
        assert shown.size == (640, 480)
        return
    machine = boot("video", options=f"-video={video}", vga="cirrus")
    expect_refusal(machine, 602)
    if video == "1900x1000":
        assert "640x480 800x600 1024x768 1280x1024" in machine.serial()
    else:
        assert "1024x768 is available with 15, 16, 24 bits, not with 32" in machine.serial()


def test_any_takes_the_nearest_and_says_so(show):
    shown = show("1900x1000,any")
    assert shown.size == (1680, 1050) or shown.size == (1600, 900)
    assert "K604" in shown.machine.serial()
    shown.check_pattern(shown.machine.screenshot())


def test_a_machine_without_a_framebuffer_is_refused(boot):
    machine = boot("video", options="-video=auto", vga="none")
    machine.wait_serial("boot: ")
    assert "K601" in machine.serial()


def test_a_machine_without_a_framebuffer_gets_text_mode_if_any_will_do(show):
    shown = show("800x600,any", vga="none")
    assert shown.told.framebuffer == [0] * 6 and shown.told.font == 0
    assert "K604" in shown.machine.serial()


@pytest.fixture
def stubborn():
    """QEMU's words for an option ROM that lets the BIOS neither set a mode nor switch off."""
    return images.option_rom("stubborn.asm")


def test_a_mode_that_the_bios_does_not_set_is_refused_in_text_mode(boot, stubborn):
    machine = boot("video", options="-video=1024x768", extra=stubborn)
    expect_refusal(machine, 603)
    assert "AX=0x14f" in machine.serial()


def test_a_machine_that_cannot_be_switched_off_says_so(boot, stubborn):
    expect_refusal(boot("video", options="-poweroff", extra=stubborn), 406)


@pytest.mark.parametrize("value", ["", "1024", "1024x", "1024x768x8", "0x0", "auto,all", "big"])
def test_an_invalid_value_is_refused(boot, value):
    expect_refusal(boot("video", options=f"-video={value}"), 303)


def test_a_refusal_leaves_text_mode(boot):
    machine = boot("video", options="-video=1024x768 -stack-at=0xffffffff80000000")
    expect_refusal(machine, 208)
    assert "K208" in machine.screen_text()
    assert (machine.screenshot().width, machine.screenshot().height) == (720, 400)


def test_the_sample_kernel_shows_itself_on_pixels(boot):
    machine = boot("sample", options="-video=1024x768", append="on pixels", debug_exit=False)
    machine.wait_serial("That was all")
    machine.expect_end("hang", limit=1)
    assert machine.screenshot().width == 1024
    seen = machine.screenshot_text()
    for words in ("on pixels", "Kernel", "Machine", "Memory", "framebuffer", "That was all"):
        assert words in seen, f"{words!r} is not on the screen:\n{seen}"
    for words in ("new FOLDER", "run --options -verbose"):
        assert words in seen and words in machine.serial(), f"{words!r}:\n{machine.serial()}"


def test_a_framebuffer_in_bochs(boot_in_bochs):
    machine = boot_in_bochs("video", options="-video=1024x768")
    said = machine.wait_serial(" checks\n")
    told = tell.Told(said)
    assert "PASS" in said
    assert told.framebuffer[2:] in ([1024, 768, 4096, 32], [1024, 768, 3072, 24])
