"""A kernel for the crate bootloader 0.9 is known by its Cargo.toml, whatever it is called there."""

import os
import re
import shutil
import subprocess

import pytest

from lib import cargo as crate
from projects import Image

needs_cargo = pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")

PASS = ("    mov dx, 0xf4", "    mov al, 16", "    out dx, al", "    hlt")
PACKAGE = '[package]\nname = "{name}"\nversion = "{version}"\nedition = "2018"\n'
DEPENDS = "[dependencies]\nbootloader = {}\n"
CRATE = (
    PACKAGE.format(name="bootloader", version="0.9.33")
    + "[features]\ndefault = []\nmap_physical_memory = []\nsse = []\nvga_320x200 = []\n"
)
KERNEL = PACKAGE.format(name="tiny", version="0.1.0")
KEYS = """[package.metadata.bootloader]
kernel-stack-size = 32
boot-info-address = "0x18000000000"
"""
SAID = "kernel-stack-size=32,boot-info-address=0x18000000000"


@pytest.fixture
def option(project, kernel, tmp_path):
    """Runs a kernel in a folder with these packages, path -> Cargo.toml; returns the loader's
    option for it, or "", and what was said."""

    def run(packages, folder=".", status=0):
        program = kernel(*PASS)
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        program = program.rename(tmp_path / folder / program.name)
        for path, text in packages.items():
            (tmp_path / path / "src").mkdir(parents=True, exist_ok=True)
            (tmp_path / path / "Cargo.toml").write_text(text)
            if "[package]" in text and "NOTHING" not in text:
                (tmp_path / path / "src/main.rs").write_text("fn main() {}\n")
                (tmp_path / path / "src/lib.rs").write_text("")
        done = project.run("runner", "--disc", "--test", "--no-check", program)
        assert done.returncode == status, done.stdout
        if status:
            return done.stdout, done.stdout
        image = (
            Image(program.with_name(f"{program.name}.longjump.iso"))
            .read("/isolinux/isolinux.cfg")
            .decode()
        )
        found = re.search(r"-protocol=(\S+) kernel.elf", image)
        return found[1] if found else "", done.stdout

    return run


# ---- where cargo can say -------------------------------------------------------------------------

# Packages beside the crate, which is in the folder `crate` -> the option
WAYS = {
    "plainly": (
        {".": KERNEL + DEPENDS.format('{ path = "crate", features = ["sse"] }') + KEYS},
        "bootloader-0.9,sse," + SAID,
    ),
    "under another name": (
        {".": KERNEL + '[dependencies]\nboot = { path = "crate", package = "bootloader" }\n'},
        "bootloader-0.9",
    ),
    "as a fork of another name": (
        {
            ".": KERNEL + DEPENDS.format('{ path = "fork", package = "my-loader" }'),
            "fork": CRATE.replace('"bootloader"', '"my-loader"'),
        },
        "bootloader-0.9",
    ),
    "for its target only": (
        {".": KERNEL + "[target.'cfg(target_os = \"none\")'.dependencies]\n"
              'bootloader = { path = "crate", features = ["vga_320x200"] }\n'},
        "bootloader-0.9,vga_320x200",
    ),
    "by a feature": (
        {".": KERNEL + DEPENDS.format('{ path = "crate", optional = true }')
              + '[features]\nbios = ["bootloader/sse"]\n'},
        "bootloader-0.9,sse",
    ),
    "through a library": (
        {
            ".": KERNEL + '[dependencies]\nlibrary = { path = "library" }\n' + KEYS,
            "library": PACKAGE.format(name="library", version="1.0.0")
            + DEPENDS.format('{ path = "../crate", features = ["map_physical_memory"] }'),
        },
        "bootloader-0.9,map_physical_memory," + SAID,
    ),
    "for its tests": (
        {".": KERNEL + '[dev-dependencies]\nbootloader = { path = "crate" }\n'},
        "bootloader-0.9",
    ),
    "to be built only": (
        {".": KERNEL + '[build-dependencies]\nbootloader = { path = "crate" }\n'},
        "",
    ),
    "in another version": (
        {
            ".": KERNEL + DEPENDS.format('{ path = "other" }'),
            "other": CRATE.replace("0.9.33", "0.11.7"),
        },
        "",
    ),
    "not at all": ({".": KERNEL}, ""),
}  # fmt: skip


@needs_cargo
@pytest.mark.parametrize("way", WAYS)
def test_cargo_knows_the_crate(option, way):
    packages, wanted = WAYS[way]
    found, said = option({"crate": CRATE, **packages})
    assert found == wanted
    assert ("0.11.7" in said) == (way == "in another version")


@needs_cargo
@pytest.mark.parametrize("top", ["", PACKAGE.format(name="top", version="1.0.0")])
def test_a_member_of_a_workspace_is_found_by_its_programs_name(option, top):
    """Called by hand, without anything that names the package."""
    packages = {
        ".": top + '[workspace]\nmembers = ["kernel", "tool"]\nexclude = ["crate"]\n'
        '[workspace.dependencies]\nbootloader = { path = "crate", features = ["sse"] }\n',
        "crate": CRATE,
        "tool": PACKAGE.format(name="tool", version="1.0.0"),
        "kernel": KERNEL + "[dependencies]\nbootloader.workspace = true\n" + KEYS,
    }
    assert option(packages, "target/none/debug")[0] == "bootloader-0.9,sse," + SAID


# ---- where Cargo.toml has to do ------------------------------------------------------------------

NOTHING = KERNEL + "# NOTHING to build, which cargo refuses\n"


@pytest.mark.parametrize("dependency, wanted", [
    ('"0.9"', "bootloader-0.9"),
    ('"^0.9.8"', "bootloader-0.9"),
    ('"=0.9.23"', "bootloader-0.9"),
    ('{ version = "0.9.*", features = ["sse"] }', "bootloader-0.9,sse"),
    ('{ path = "crate", features = ["sse"] }', "bootloader-0.9,sse"),
    ('"0.11"', ""),
    ('{ path = "nowhere" }', ""),
])  # fmt: skip
def test_the_manifest_is_enough_by_itself(option, dependency, wanted):
    found, _ = option({".": NOTHING + DEPENDS.format(dependency), "crate": CRATE})
    assert found == wanted


def test_the_manifest_names_features_and_keys(option):
    features = '{ version = "0.9.23", features = ["map_physical_memory", "sse"] }'
    found, _ = option({".": NOTHING + DEPENDS.format(features) + KEYS})
    assert found == "bootloader-0.9,map_physical_memory,sse," + SAID


def test_the_manifest_names_targets_and_its_workspace(option):
    member = NOTHING + "[target.none.dependencies]\nboot = { workspace = true }\n" + KEYS
    top = '[workspace.dependencies]\nboot = { package = "bootloader", version = "0.9.8" }\n'
    found, _ = option({".": top, "kernel": member}, "kernel/target")
    assert found == "bootloader-0.9," + SAID


def test_what_the_user_says_counts(project, kernel, tmp_path):
    program = kernel(*PASS)
    (tmp_path / "Cargo.toml").write_text(NOTHING + DEPENDS.format('"0.9"'))
    project.good("runner", "--disc", "--test", "--options", "-protocol=native", program)
    image = (
        Image(program.with_name(f"{program.name}.longjump.iso"))
        .read("/isolinux/isolinux.cfg")
        .decode()
    )
    assert "-protocol=native kernel.elf" in image and "bootloader" not in image


def test_a_kernel_that_speaks_for_itself_needs_no_manifest(project, kernel, tmp_path):
    """It has the bytes of bootloader_api 0.11; its Cargo.toml is ignored."""
    program = kernel(*PASS)
    (tmp_path / "Cargo.toml").write_text(NOTHING + DEPENDS.format('"0.9"'))
    assert "bootloader-0.9" in project.good("runner", "--print-config", program)
    program.write_bytes(program.read_bytes() + crate.CONFIG)
    assert "bootloader" not in project.good("runner", "--print-config", program)


def test_the_option_is_shown_and_other_options_stay(project, kernel, tmp_path):
    program = kernel(*PASS)
    (tmp_path / "Cargo.toml").write_text(NOTHING + DEPENDS.format('"0.9"'))
    said = project.good("runner", "--print-config", program, cwd=tmp_path)
    assert re.search(r'^options = "-protocol=bootloader-0.9" +# Cargo.toml$', said, re.MULTILINE)
    words = ["--options", "-quiet"]
    said = project.good("runner", "--print-config", *words, program, cwd=tmp_path)
    assert 'options = "-protocol=bootloader-0.9 -quiet" ' in said


@pytest.mark.parametrize("key, words", [
    ("stack = 3", "package.metadata.bootloader has no key stack; there are: kernel-stack-address"),
    ("kernel-stack-size = 0", "kernel-stack-size is a number of pages, not 0"),
    ('kernel-stack-size = "32"', "kernel-stack-size is a number of pages, not '32'"),
    ("boot-info-address = 4096", 'boot-info-address is a text such as "0x18000000000", not 4096'),
    ('boot-info-address = "0x1_000"', "not '0x1_000'"),
])  # fmt: skip
def test_a_key_that_the_crate_would_not_take_is_an_error(option, key, words):
    keys = f"[package.metadata.bootloader]\n{key}\n"
    said, _ = option({".": NOTHING + DEPENDS.format('"0.9"') + keys}, status=2)
    assert words in said


# ---- all together --------------------------------------------------------------------------------

BOOT_INFO = """#![no_std]
#[repr(C)]
pub struct BootInfo {
    pub memory_map: [u64; 193],
    #[cfg(feature = "map_physical_memory")]
    pub physical_memory_offset: u64,
}

#[macro_export]
macro_rules! entry_point {
    ($main:path) => {
        #[no_mangle]
        extern "C" fn _start(info: &'static $crate::BootInfo) -> ! { $main(info) }
    };
}
"""
MAIN = """#![no_std]
#![no_main]
use core::arch::asm;

bootloader::entry_point!(main);

fn main(info: &'static bootloader::BootInfo) -> ! {
    let stack: u64;
    unsafe { asm!("mov {}, ss", out(reg) stack) };
    let seen = info.physical_memory_offset + 0xb8000;
    unsafe { (0xb8000 as *mut u8).write_volatile(0x4c) };
    let same = unsafe { (seen as *const u8).read_volatile() } == 0x4c;
    let there = info.physical_memory_offset == 0x1234_0000_0000;
    end(if stack == 0 && same && there { CODE } else { 1 })
}

fn end(code: u8) -> ! {
    unsafe { asm!("out 0xf4, al", in("al") code) };
    loop {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    end(2)
}
"""
PROJECT = {
    "crate/Cargo.toml": CRATE,
    "crate/src/lib.rs": BOOT_INFO,
    "Cargo.toml": KERNEL
    + DEPENDS.format('{ path = "crate", features = ["map_physical_memory"] }')
    + """[[bin]]
name = "tiny"
path = "src/main.rs"
test = false
[[test]]
name = "it"
harness = false
[package.metadata.bootloader]
physical-memory-offset = "0x123400000000"
[package.metadata.bootimage]
run-args = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-display", "none"]
test-args = ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-display", "none"]
test-success-exit-code = 33
test-timeout = 60
""",
    "src/main.rs": MAIN.replace("CODE", "21"),
    "tests/it.rs": MAIN.replace("CODE", "16"),
    ".cargo/config.toml": """[build]
target = "x86_64-unknown-linux-gnu"
[target.x86_64-unknown-linux-gnu]
runner = ["@BUILD", "runner"]
rustflags = ["-Cpanic=abort", "-Crelocation-model=static", "-Clink-arg=-nostartfiles",
             "-Clink-arg=-nostdlib", "-Clink-arg=-static", "-Clink-arg=-no-pie"]
""",
}


@needs_cargo
def test_cargo_runs_and_tests_a_project_that_used_bootimage(project, tmp_path):
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("@BUILD", str(project.root / "build.sh")))
    own = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("CARGO_") and key != "RUSTFLAGS" and "DISPLAY" not in key
    }

    def cargo(command):
        command = ["cargo", command, "--offline", "--release", "--quiet"]
        return subprocess.run(command, cwd=tmp_path, env=own, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)  # fmt: skip

    done = cargo("run")
    assert done.returncode == 21 << 1 | 1, done.stderr
    done = cargo("test")
    assert done.returncode == 0 and "test passed: it-" in done.stderr, done.stderr
