"""`doctor`: what it finds, and what it says of what is not there."""

import pathlib
import time
import types

import pytest

from projects import ROOT

import doctor


def rows(said):
    """What is said of each thing: name -> the rest of its line."""
    return {line.split()[0]: " ".join(line.split()[1:]) for line in said.splitlines()
            if line.startswith("  ") and line.split()}  # fmt: skip


def test_on_this_machine_nothing_is_missing(project):
    said = project.good("doctor")
    found = rows(said)
    for name in ("python3", "make", "nasm", "qemu-system-x86_64", "isolinux.bin", "ldlinux.c32"):
        assert found[name][0].isdigit(), said
    assert "Nothing is missing." in said and found["window"].startswith("no display")
    assert len(said.splitlines()) <= 40, "one screen"


def test_a_lack_is_named_with_its_fix(project, path_without):
    path = path_without("nasm", "gdb", "cargo")
    said = project.bad("doctor", PATH=path)
    assert rows(said)["nasm"] == "for building"
    command = said.split("This installs it:")[1].split()
    assert "apt-get" in command and {"nasm", "gdb", "cargo"} <= set(command)


def test_what_only_some_commands_need_is_no_failure(project, path_without):
    said = project.good("doctor", PATH=path_without("gdb"))
    assert rows(said)["gdb"] == "for debug, test"


def test_a_syslinux_that_is_not_whole_is_told(project, tmp_path, monkeypatch):
    said = project.good("doctor", SYSLINUX_DIR=str(tmp_path))
    assert "isolinux.bin" in said
    (tmp_path / "ldlinux.c32").write_text("mine")
    said = project.good("doctor", SYSLINUX_DIR=str(tmp_path))
    assert rows(said)["ldlinux.c32"] == f"version ? {tmp_path}/ldlinux.c32"
    versions = {"isolinux.bin": "6.04", "ldlinux.c32": "6.03", "isohdpfx.bin": "6.04"}
    monkeypatch.setattr(doctor, "bash", lambda _script, name: f"/there/{name}")
    monkeypatch.setattr(doctor, "package_version", lambda path: versions[pathlib.Path(path).name])
    assert any(line[1] == "do not fit" for line in doctor.syslinux())
    versions["ldlinux.c32"] = "6.04"
    assert not any(line[1] == "do not fit" for line in doctor.syslinux())


KVM = {
    "exit 33": "usable",
    "exec sleep 60": "hangs",
    "echo qemu-system-x86_64: failed to initialize kvm >&2; exit 1": "fails",
}


@pytest.mark.parametrize("script", KVM)
def test_kvm_is_tried_and_not_for_long(tmp_path, monkeypatch, script):
    (tmp_path / "qemu-system-x86_64").write_text(f"#!/bin/bash\n{script}\n")
    (tmp_path / "qemu-system-x86_64").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "kvm").write_text("")
    began = time.monotonic()
    word, more = doctor.try_kvm(str(tmp_path / "kvm"))
    assert word == KVM[script] and time.monotonic() - began < 20
    if word == "fails":
        assert more == "failed to initialize kvm: do not use --kvm"
    assert doctor.try_kvm(str(tmp_path / "nothing"))[0] == "not there"


def test_the_tool_works_where_kvm_would_run_the_machine(monkeypatch, tmp_path):
    """The machine that is started ends itself, here on QEMU's own CPU."""
    in_time = doctor.in_time
    monkeypatch.setattr(
        doctor,
        "in_time",
        lambda command, _: in_time(["tcg" if word == "kvm" else word for word in command], 60),
    )
    (tmp_path / "kvm").write_text("")
    assert doctor.try_kvm(str(tmp_path / "kvm"))[0] == "usable"


@pytest.mark.parametrize("free, status", [(1000, 0), (1, 1)])
def test_a_full_disk_is_no_machine_on_which_nothing_is_missing(monkeypatch, tmp_path, free, status):
    usage = types.SimpleNamespace(free=free << 20)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(doctor, "bash", lambda *_: "")
    what, _ = doctor.folder(tmp_path)
    assert doctor.lacks(what == doctor.WRITABLE) == status
