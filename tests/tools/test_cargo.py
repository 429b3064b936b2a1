"""A kernel for the crate bootloader 0.9 is known by its Cargo.toml."""

import shutil

import pytest

from projects import Image

PASS = ("    mov dx, 0xf4", "    mov al, 16", "    out dx, al", "    hlt")
MANIFEST = """[package]
name = "k"
version = "0.1.0"
edition = "2018"

[dependencies]
bootloader = {dependency}

[package.metadata.bootloader]
kernel-stack-size = 32
physical-memory-offset = "0x18000000000"
"""
STUB = """[package]
name = "bootloader"
version = "0.9.33"
edition = "2018"

[features]
default = []
sse = []
map_physical_memory = []
"""


@pytest.fixture
def packed(project, kernel, tmp_path):
    """Runs a kernel beside a Cargo.toml; returns its line in isolinux.cfg."""

    def run(manifest, *words):
        program = kernel(*PASS)
        (tmp_path / "Cargo.toml").write_text(manifest)
        project.good("runner", "--test", *words, program)
        text = Image(program.with_suffix(".iso")).read("/isolinux/isolinux.cfg").decode()
        return next(line for line in text.splitlines() if line.startswith("  APPEND"))

    return run


def test_the_manifest_tells_features_and_keys(packed):
    features = '{ version = "0.9.23", features = ["map_physical_memory", "sse"] }'
    assert (
        "-protocol=bootloader-0.9,map_physical_memory,sse,kernel-stack-size=32"
        ",physical-memory-offset=0x18000000000 kernel.elf"
    ) in packed(MANIFEST.format(dependency=features))


def test_a_plain_version_will_do(packed):
    assert "-protocol=bootloader-0.9,kernel-stack-size=32," in packed(
        MANIFEST.format(dependency='"0.9"')
    )


def test_what_the_user_says_holds(packed):
    line = packed(MANIFEST.format(dependency='"0.9"'), "--options", "-protocol=native")
    assert line.split()[1:3] == ["-protocol=native", "kernel.elf"]


@pytest.mark.parametrize("dependency", ['"0.11"', '{ path = "nowhere", version = "1" }'])
def test_another_version_is_another_protocol(packed, dependency):
    assert "-protocol" not in packed(MANIFEST.format(dependency=dependency))


@pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")
def test_cargo_knows_the_features_of_all_together(packed, tmp_path):
    stub = tmp_path / "stub"
    (stub / "src").mkdir(parents=True)
    (stub / "Cargo.toml").write_text(STUB)
    (stub / "src/lib.rs").write_text("")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/main.rs").write_text("fn main() {}\n")
    manifest = MANIFEST.format(dependency='{ path = "stub", features = ["sse"] }')
    assert "-protocol=bootloader-0.9,sse,kernel-stack-size=32," in packed(manifest)


def test_an_unknown_key_is_an_error(project, kernel, tmp_path):
    program = kernel(*PASS)
    text = MANIFEST.format(dependency='"0.9"') + "stack = 3\n"
    (tmp_path / "Cargo.toml").write_text(text)
    said = project.bad("runner", "--test", program, status=2)
    assert "package.metadata.bootloader has no key stack" in said
