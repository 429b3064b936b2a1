"""`new`: each project builds, boots, and has a test that passes, and that can fail."""

import os
import shutil
import subprocess
import textwrap

import pytest

import images
import new
import screen
import vm
from lib.project import Stop

OWN = {"CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTFLAGS", "MAKEFLAGS"}


def run(folder, *command, fails=False):
    """Carries out a command in a project; returns both its outputs."""
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=300,
        env={key: value for key, value in os.environ.items()
             if key not in OWN and "DISPLAY" not in key},
    )  # fmt: skip
    assert (done.returncode != 0) == fails, done.stdout
    return done.stdout


HELLO = "Hello from my kernel"


def expect_hello(kernel, log):
    """The kernel's line is on the screen: in text mode, in pixels of 16 bits, and under UEFI."""
    image, own = images.make_image(kernel), screen.our_font(images.ROOT)
    with vm.Machine(image, log / "text") as machine:
        machine.wait_serial(HELLO)
        assert machine.screen_text().startswith(HELLO), machine.report()
    image_of_pixels = images.make_image(kernel, options="-video=800x600x16")
    with vm.Machine(image_of_pixels, log / "pixels") as machine:
        machine.wait_serial(HELLO)
        assert machine.screenshot().width == 800
        assert machine.screenshot_text().startswith(HELLO), machine.report()
    with vm.Machine(image, log / "uefi", medium="cd-ahci", uefi=True) as machine:
        assert "K608" not in machine.wait_serial(HELLO)
        seen = screen.text_of_picture(machine.screenshot(), own)
        assert seen.startswith(HELLO), machine.report()


def change(path, one, other):
    text = path.read_text()
    assert one in text
    path.write_text(text.replace(one, other))


def test_a_project_in_c(copy, tmp_path):
    folder = tmp_path / "my kernel's"
    said = copy.good("new", folder)
    assert "make run" in said and "make test" in said
    said = run(folder, "make", "run")
    assert "Hello from my kernel" in said and "the kernel has halted" in said
    assert "warning:" not in said, "the compiler has nothing to say"
    expect_hello(folder / "build/kernel.elf", tmp_path / "log")
    assert "test passed: memory.elf" in run(folder, "make", "test")
    change(folder / "tests/memory.c", "16 << 20", "16ull << 40")
    assert "test FAILED: memory.elf" in run(folder, "make", "test", fails=True)
    assert run(folder, "make", "-n", "debug").count("debug --kernel") == 1
    assert ".elf" not in "".join(run(folder, "ls", "-R").split("build:")[0])


@pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")
def test_a_project_in_rust(project, tmp_path):
    folder = tmp_path / "my kernel's"
    said = project.good("new", folder, "--lang", "rust")
    assert "cargo run" in said and "cargo test" in said
    said = run(folder, "cargo", "run", "--offline")
    assert "Hello from my kernel, started by Longjump" in said and "has halted" in said
    assert "warning:" not in said, "the compiler has nothing to say"
    kernel = folder / "target/x86_64-unknown-linux-gnu/debug/kernel"
    expect_hello(kernel, tmp_path / "log")
    assert "test passed: memory-" in run(folder, "cargo", "test", "--offline")
    run(folder, "cargo", "build", "--offline", "--release")
    change(folder / "tests/memory.rs", "16 << 20", "16 << 40")
    said = run(folder, "cargo", "test", "--offline", fails=True)
    assert "test FAILED: memory-" in said and "tests/memory.rs:1" in said


# As much of bootloader_api 0.11.16 as a kernel needs to start: cargo cannot fetch it here.
API = """#![no_std]
#[repr(C)]
pub struct BootInfo {
    version: [u16; 4],
    regions: *const [u64; 3],
    count: usize,
}

impl BootInfo {
    pub fn regions(&self) -> usize {
        assert_eq!(self.version[..3], [0, 11, 16]);
        self.count
    }
}

pub const CONFIG: [u8; 133] = {
    let head = [0x74, 0x3c, 0xa9, 0x61, 9, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89, 0x15,
                0x25, 0x3d, 0, 0, 11, 0, 16, 0, 0, 0, 0x40, 1];
    let (mut config, mut i) = ([0; 133], 0);
    while i < head.len() {
        config[i] = head[i];
        i += 1;
    }
    config
};

#[macro_export]
macro_rules! entry_point {
    ($main:path) => {
        #[used]
        #[link_section = ".bootloader-config"]
        static CONFIG: [u8; 133] = $crate::CONFIG;

        #[export_name = "_start"]
        pub extern "C" fn start(info: &'static mut $crate::BootInfo) -> ! {
            $main(info)
        }
    };
}
"""


@pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")
def test_a_project_in_rust_may_use_bootloader_api(project, tmp_path):
    """As its README says, with a crate of that name beside it."""
    folder, crate = tmp_path / "kernel", tmp_path / "api"
    project.good("new", folder, "--lang", "rust")
    (crate / "src").mkdir(parents=True)
    (crate / "src/lib.rs").write_text(API)
    (crate / "Cargo.toml").write_text(
        '[package]\nname = "bootloader_api"\nversion = "0.11.16"\nedition = "2021"\n'
    )
    change(folder / "Cargo.toml", "[[bin]]", '[dependencies]\nbootloader_api = "0.11"\n\n[[bin]]')
    with open(folder / "Cargo.toml", "a") as manifest:
        manifest.write('\n[patch.crates-io]\nbootloader_api = { path = "../api" }\n')
    readme = (folder / "README.md").read_text().split("instead of `_start`:\n")[1]
    body = textwrap.dedent(readme.split("cargo downloads")[0])
    body = body.replace("memory_regions.len()", "regions()")
    (folder / "src/main.rs").write_text("#![no_std]\n#![no_main]\n" + body)
    said = run(folder, "cargo", "run", "--offline")
    assert "regions of memory" in said and "has halted" in said


def test_what_is_there_is_not_touched(project, tmp_path):
    (tmp_path / "mine").write_text("precious")
    assert "not empty" in project.bad("new", tmp_path)
    assert "not empty" in project.bad("new", tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    (tmp_path / "empty").mkdir()
    project.good("new", tmp_path / "empty")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_comes_meanwhile_is_not_touched(tmp_path, monkeypatch, kind):
    """Somebody else puts a Makefile into the folder after it was checked."""
    (tmp_path / "precious").write_text("precious")
    place, fill = tmp_path / "k/Makefile", new.fill

    def fill_and_come(name, text):
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            place.write_text("precious") if kind == "file" else place.symlink_to("../precious")
        return fill(name, text)

    monkeypatch.setattr(new, "fill", fill_and_come)
    with pytest.raises(Stop, match="k/Makefile: File exists"):
        new.make_project("c", tmp_path / "k")
    assert place.read_text() == "precious" and place.is_symlink() == (kind == "link")


@pytest.mark.parametrize(
    "words, told",
    [
        ([], "name one folder"),
        (["a", "b"], "name one folder"),
        (["a", "--lang", "cobol"], "--lang is c or rust"),
    ],
)
def test_a_wrong_word_is_refused(project, words, told):
    assert told in project.bad("new", *words, status=2)


def test_a_folder_that_cannot_be_made_is_reported(project, tmp_path):
    (tmp_path / "file").write_text("")
    assert "Not a directory" in project.bad("new", tmp_path / "file/project")


def test_what_is_missing_is_reported_but_the_project_is_made(project, path_without, tmp_path):
    said = project.good("new", tmp_path / "k", "--lang", "rust", PATH=path_without("cargo"))
    assert "missing: cargo" in said and (tmp_path / "k/Cargo.toml").exists()
