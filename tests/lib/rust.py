"""Builds test kernels in Rust, for the compiler's own target: its `core` comes with every rustc."""

import subprocess

import images

KERNELS = images.ROOT / "tests/kernels"
RUSTC = "rustc --edition 2018 -O -Cpanic=abort -Cno-redzone=yes".split()
FIXED = ["-Crelocation-model=static", "-Clink-arg=-static", "-Clink-arg=-no-pie"]
PIE = ["-Crelocation-model=pie", "-Clink-arg=-static-pie"]


def build(name, features=(), how=FIXED):
    """The kernel tests/kernels/NAME.rs with these features, linked in one of two ways."""
    source = KERNELS / f"{name}.rs"
    command = [*RUSTC, *how, "-Clink-arg=-nostartfiles", "-Clink-arg=-nostdlib"]
    command += [word for feature in features for word in ("--cfg", f'feature="{feature}"')]

    def make(path):
        done = subprocess.run([*command, "-o", path, source], capture_output=True, text=True)
        assert done.returncode == 0 and "warning" not in done.stderr, done.stderr

    ingredients = [source.read_bytes(), (KERNELS / "kit.rs").read_bytes(), *command]
    return images.once(".elf", ingredients, make)
