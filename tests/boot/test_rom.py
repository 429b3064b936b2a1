"""An option ROM, which takes loader and kernel from QEMU's fw_cfg."""

import subprocess
import time

import images
import pytest
import told


@pytest.fixture(scope="session")
def rom(tmp_path_factory):
    """Makes a ROM and its file from words; returns their name without suffixes."""

    def make(*words):
        name = tmp_path_factory.mktemp("rom") / "my"
        command = [images.ROOT / "build.sh", "--no-install", "rom", images.kernel_path("tell"),
                   "--output", name, *words]  # fmt: skip
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert f"name=opt/longjump/boot,file={name}.boot" in said
        data = name.with_suffix(".rom").read_bytes()
        assert sum(data) % 256 == 0 and data[2] * 512 == len(data) <= 4096
        return name

    return make


@pytest.mark.parametrize(
    "machine, card", [("pc", None), ("q35", None), ("pc", "e1000"), ("q35", "virtio-net-pci")]
)
def test_a_kernel_starts_from_a_rom(start, rom, machine, card):
    name = rom("--append", "its own", *(["--card", card] if card else []))
    where = ["-option-rom", f"{name}.rom,bootindex=0"]
    if card:
        where = ["-device", f"{card},romfile={name}.rom,bootindex=0"]
    boot = ["-fw_cfg", f"name=opt/longjump/boot,file={name}.boot"]
    more = ["-fw_cfg", "name=opt/longjump/append,string=and more"]
    running = start("", medium=f"bare-{machine}", extra=[*where, *boot, *more])
    running.expect_end("exit", told.PASSED)
    assert told.Told(running.serial()).command_line == "its own and more"


WRONG = {
    "nothing": ("K525", [], 64),
    "no file of ours": ("K526", ["-fw_cfg", "name=opt/longjump/boot,file={0}.rom"], 64),
    "a file cut short": ("K526", ["-fw_cfg", "name=opt/longjump/boot,file={0}.cut"], 64),
    "a file to enter nowhere": ("K526", ["-fw_cfg", "name=opt/longjump/boot,file={0}.none"], 64),
    "too many words": (
        "K522",
        ["-fw_cfg", "name=opt/longjump/boot,file={0}.boot"]
        + ["-fw_cfg", "name=opt/longjump/append,string=" + "x " * 512],
        64,
    ),
    "a file without memory": ("K527", ["-fw_cfg", "name=opt/longjump/boot,file={0}.boot"], 2),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_and_the_bios_boots_on(start, rom, what):
    code, words, memory = WRONG[what]
    name = rom()
    whole = name.with_suffix(".boot").read_bytes()
    name.with_suffix(".cut").write_bytes(whole[:-5000])
    name.with_suffix(".none").write_bytes(whole[:44] + bytes(2) + whole[46:])  # no segments
    words = [word.format(name) for word in words]
    machine = start("", medium="bare-pc", memory=memory,
                    extra=["-option-rom", f"{name}.rom,bootindex=0", *words])  # fmt: skip
    screen, deadline = "", time.monotonic() + 60
    while "No bootable device" not in screen and time.monotonic() < deadline:
        time.sleep(0.1)
        screen = machine.screen_text()
    assert code in screen and "the BIOS continues" in screen, screen
    assert "No bootable device" in screen and code in machine.serial(), screen


def test_in_bochs_it_says_that_it_cannot_and_the_cd_boots(boot_in_bochs):
    machine = boot_in_bochs("tell", append="in bochs", rom=images.BUILD / "longjump.rom")
    said = machine.wait_serial(" checks\n")
    assert "K524" in said.split("ISOLINUX")[0] and "PASS" in said
