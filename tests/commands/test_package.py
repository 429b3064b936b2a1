"""Which package of a cargo project an ELF file belongs to: settings and protocol use the same
answer, and every Cargo.toml that cargo reads is read."""

import shutil
import subprocess
import sys

import pytest

from lib.config import Settings, read_package
from lib.package import Package

needs_cargo = pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")

PASS = ["mov al, 16", "out 0xf4, al", "jmp $"]
PACKAGE = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
SETTINGS = "[package.metadata.bootimage]\ntest-timeout = {}\n"
CRATE = PACKAGE.format("bootloader").replace("0.1.0", "0.9.23")
DEPENDS = '[dependencies]\nbootloader = {{ path = "{}boot" }}\n'


@pytest.fixture
def lay_out(kernel, tmp_path):
    """Makes packages, folder -> Cargo.toml; returns the path of a program in a folder."""

    def make(packages, program):
        for folder, text in packages.items():
            (tmp_path / folder / "src").mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / "Cargo.toml").write_text(text, encoding="utf-8")
            if "[package]" in text:
                source = "lib.rs" if folder == "boot" else "main.rs"
                (tmp_path / folder / "src" / source).write_text("fn main() {}\n")
        place = tmp_path / program
        place.parent.mkdir(parents=True, exist_ok=True)
        return kernel(*PASS).rename(place)

    return make


@needs_cargo
@pytest.mark.parametrize("caller", ["", "kernel", "xtask", "other"])
@pytest.mark.parametrize("file", ["debug/my-kernel", "debug/deps/my_kernel-0123456789abcdef"])
def test_settings_and_protocol_are_those_of_the_member_it_comes_from(
    project, lay_out, tmp_path, caller, file
):
    """Whoever calls: cargo run, cargo xtask, make, or somebody by hand."""
    packages = {
        ".": '[workspace]\nmembers = ["kernel", "xtask", "boot"]\nexclude = ["other"]\n',
        "kernel": PACKAGE.format("my-kernel") + DEPENDS.format("../") + SETTINGS.format(7),
        "xtask": PACKAGE.format("xtask") + SETTINGS.format(8),
        "boot": CRATE,
        "other": PACKAGE.format("other") + SETTINGS.format(9),
    }  # fmt: skip
    program = lay_out(packages, f"target/none/{file}")
    words = {"CARGO_MANIFEST_DIR": str(tmp_path / caller)} if caller else {}
    said = project.good("runner", "--print-config", program, cwd=tmp_path, **words)
    assert "test-timeout = 7 " in said and "# kernel/Cargo.toml:8" in said, said
    assert 'options = "-protocol=bootloader-0.9"' in said, said


NEW = (
    PACKAGE.format("tiny") + SETTINGS.format(7) + '[dependencies]\ndep = {\n    path = "dep",\n}\n'
)
MARKED = "\ufeff" + PACKAGE.format("tiny") + SETTINGS.format(7)


@needs_cargo
@pytest.mark.parametrize("text", [NEW, MARKED], ids=["TOML 1.1", "a byte order mark"])
def test_what_cargo_reads_is_read(project, lay_out, tmp_path, text):
    program = lay_out({".": text, "dep": PACKAGE.format("dep")}, "target/none/debug/tiny")
    (tmp_path / "dep/src/lib.rs").write_text("")
    cargo = ["cargo", "metadata", "--offline", "--format-version=1", "--no-deps"]
    if subprocess.run(cargo, cwd=tmp_path, capture_output=True).returncode != 0:
        pytest.skip("this cargo is too old to read it")
    said = project.good("runner", "--print-config", program, cwd=tmp_path)
    assert "test-timeout = 7 " in said and "# Cargo.toml:6" in said, said
    project.good("runner", "--test", program)


@needs_cargo
def test_cargo_is_asked_again_only_when_something_has_changed(project, lay_out, tmp_path):
    packages = {
        ".": '[workspace]\nmembers = ["kernel", "dep"]\n',
        "kernel": PACKAGE.format("my-kernel") + SETTINGS.format(7),
        "dep": PACKAGE.format("dep"),
    }
    program = lay_out(packages, "target/none/debug/my-kernel")
    manifest, asked, cargo = tmp_path / "kernel/Cargo.toml", tmp_path / "asked", tmp_path / "cargo"
    real = shutil.which("cargo")
    cargo.write_text(f'#!/bin/sh\necho asked >>"{asked}"\nexec "{real}" "$@"\n')
    cargo.chmod(0o755)

    def answer():
        """What is said, and whether cargo was asked for it."""
        asked.write_text("")
        said = project.good("runner", "--print-config", program, CARGO=str(cargo), cwd=tmp_path)
        return said, bool(asked.read_text())

    answer()  # which makes Cargo.lock
    first, _asked = answer()
    assert answer() == (first, False)
    manifest.write_text(manifest.read_text().replace("= 7", "= 8"))
    said, is_asked = answer()
    assert is_asked and said == first.replace("test-timeout = 7", "test-timeout = 8")
    (tmp_path / "dep/src/bin").mkdir()
    (tmp_path / "dep/src/bin/other.rs").write_text("fn main() {}\n")
    assert answer() == (said, True) and answer() == (said, False)
    for kept in (project.root / "build/answers").iterdir():
        kept.write_text("[]")
    assert answer() == (said, True)


@pytest.mark.parametrize("text", [NEW, MARKED], ids=["TOML 1.1", "a byte order mark"])
def test_without_cargo_a_kernel_boots_anyway(project, lay_out, path_without, text):
    program = lay_out({".": text}, "target/none/debug/tiny")
    path = path_without("cargo", "rustc")
    said = project.good("runner", "--test", program, PATH=path)
    assert "test passed" in said and ("is not read" in said) == (text == NEW), said


def test_an_old_python_without_a_library_also_boots(monkeypatch, tmp_path, capsys):
    """Neither tomllib nor tomli, as with Python 3.8 to 3.10."""
    for name in ("tomllib", "tomli"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "Cargo.toml").write_text(MARKED, encoding="utf-8")
    settings = Settings()
    read_package(settings, Package(tmp_path / "Cargo.toml", None))
    assert settings["test-timeout"] == 300 and "is not read" in capsys.readouterr().out
    read_package(settings, Package(tmp_path / "Cargo.toml", {"bootimage": {"test-timeout": 7}}))
    assert settings["test-timeout"] == 7, "cargo has read it"
