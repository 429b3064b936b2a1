"""`doctor`: what it finds, and what it says about what is missing."""

import pathlib
import shutil
import time
import types

import pytest

from projects import ROOT

import doctor
import run
from lib import kvm
from lib import session as sessions
from lib.project import Stop
from lib.trial import Trial


def rows(said):
    """What is said about each thing: name -> the rest of its line."""
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


def test_what_only_some_commands_need_is_not_a_failure(project, path_without):
    said = project.good("doctor", PATH=path_without("gdb"))
    assert rows(said)["gdb"] == "for debug, test"


def test_an_incomplete_syslinux_is_reported(project, tmp_path, monkeypatch):
    said = project.good("doctor", SYSLINUX_DIR=str(tmp_path))
    assert "isolinux.bin" in said
    (tmp_path / "ldlinux.c32").write_text("mine")
    said = project.good("doctor", SYSLINUX_DIR=str(tmp_path))
    assert rows(said)["ldlinux.c32"] == f"version ? {tmp_path}/ldlinux.c32"
    versions = {"isolinux.bin": "6.04", "ldlinux.c32": "6.03", "isohdpfx.bin": "6.04"}
    monkeypatch.setattr(doctor, "bash", lambda _script, name: f"/there/{name}")
    monkeypatch.setattr(doctor, "package_version", lambda path: versions[pathlib.Path(path).name])
    assert any(line[1] == "do not match" for line in doctor.syslinux())
    versions["ldlinux.c32"] = "6.04"
    assert not any(line[1] == "do not match" for line in doctor.syslinux())


KVM = {
    "exit 33": "usable",
    "exec sleep 60": "hangs",
    "kill -ABRT $$": "fails",
    "echo qemu-system-x86_64: failed to initialize kvm >&2; exit 1": "fails",
}


@pytest.mark.parametrize("script", KVM)
def test_kvm_is_tried_and_not_for_long(tmp_path, monkeypatch, script):
    (tmp_path / "qemu-system-x86_64").write_text(f"#!/bin/bash\n{script}\n")
    (tmp_path / "qemu-system-x86_64").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "kvm").write_text("")
    assert kvm.try_kvm(str(tmp_path / "nothing"))[0] == "not there"
    began = time.monotonic()
    word, more = kvm.try_kvm(str(tmp_path / "kvm"))
    assert word == KVM[script] and time.monotonic() - began < 20
    if word == "fails":
        why = "failed to initialize kvm" if "echo" in script else "killed by signal 6"
        assert more == f"{why}: do not use --kvm"
    monkeypatch.setattr(kvm, "try_kvm", lambda: (word, more))
    if word == "usable":
        run.check_kvm()
    else:
        with pytest.raises(Stop, match=f"KVM {word}: .*do not use --kvm") as stop:
            run.check_kvm()
        assert stop.value.status == 5


def test_the_tool_works_where_kvm_would_run_the_machine(monkeypatch, tmp_path):
    """The machine that is started ends itself, here on QEMU's own CPU."""
    in_time = kvm.in_time
    monkeypatch.setattr(
        kvm,
        "in_time",
        lambda command, _: in_time(["tcg" if word == "kvm" else word for word in command], 60),
    )
    (tmp_path / "kvm").write_text("")
    assert kvm.try_kvm(str(tmp_path / "kvm"))[0] == "usable"


def test_kvm_and_virtualbox_in_each_others_way_are_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kvm.virtualbox_rows(tmp_path) == []
    (tmp_path / "vboxdrv").mkdir()
    assert "not loaded" in kvm.virtualbox_rows(tmp_path)[0][1]
    names = {"kvm_intel": "VERR_VMX_IN_VMX_ROOT_MODE", "kvm_amd": "VERR_SVM_IN_USE"}
    for module, error in names.items():
        (tmp_path / module).mkdir()
        said = str(kvm.virtualbox_rows(tmp_path))
        assert error in said and f"{module} is built into" in said and "modprobe" not in said
        (tmp_path / module / "initstate").write_text("live\n")
        said = str(kvm.virtualbox_rows(tmp_path))
        assert error in said and f"modprobe -r {module}" in said and "at_load" not in said
        (tmp_path / "kvm/parameters").mkdir(parents=True)
        (tmp_path / "kvm/parameters/enable_virt_at_load").write_text("Y\n")
        said = str(kvm.virtualbox_rows(tmp_path))
        assert error in said and "kvm.enable_virt_at_load=0" in said
        (tmp_path / "kvm/parameters/enable_virt_at_load").write_text("N\n")
        assert "at_load" not in str(kvm.virtualbox_rows(tmp_path))
        shutil.rmtree(tmp_path / "kvm")
        shutil.rmtree(tmp_path / module)


def test_kvm_is_recognised_in_every_option_of_qemu_for_it():
    for word in ("-enable-kvm", "kvm", "kvm,kernel-irqchip=off", "q35,accel=kvm:tcg", "accel=kvm"):
        assert kvm.is_kvm(["-m", "64M", word])
    assert not kvm.is_kvm(["-name", "mykvm", "-accel", "tcg", "-drive", "file=kvm.img"])
    assert not kvm.is_kvm(["-name", "kvm-test", "-cpu", "kvm64", "-append", "kvm accel=kvm"])


QEMU = "qemu-system-x86_64: "
MISHAPS = {  # status, what QEMU says -> what is told
    (1, f"Could not access KVM kernel module: Permission denied\n{QEMU}failed to initialize kvm:"
     " Permission denied\n"):
        "failed to initialize kvm: Permission denied: the user must be in the group kvm",
    (1, f"ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy\n{QEMU}failed to initialize kvm:"
     " Device or resource busy\n"):
        "Device or resource busy: VirtualBox or another hypervisor has the CPU",
    (1, f"{QEMU}-accel kvm: invalid accelerator kvm\n"):
        "-accel kvm: invalid accelerator kvm: do not use --kvm",
    (-6, f"{QEMU}error: failed to set MSR 0x48f to 0x7fefff00036dfb\n{QEMU}../target/i386/kvm/kvm.c"
     ":2701: kvm_buf_set_msrs: Assertion `ret == cpu->kvm_msr_buf->nmsrs' failed.\n"):
        "Assertion `ret == cpu->kvm_msr_buf->nmsrs' failed.: do not use --kvm",
    (-9, ""): "killed by signal 9: do not use --kvm",
    (0, ""): "status 0: do not use --kvm",
}  # fmt: skip


@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_qemu_says_of_kvm_is_told_with_what_to_do(mishap):
    assert MISHAPS[mishap] in kvm.advice_on(*mishap)


@pytest.mark.parametrize("free, status", [(1000, 0), (1, 1)])
def test_a_full_disk_is_reported_as_missing_space(monkeypatch, tmp_path, free, status):
    usage = types.SimpleNamespace(free=free << 20)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(doctor, "bash", lambda *_: "")
    what, _ = doctor.folder(tmp_path)
    assert doctor.lacks(what == doctor.WRITABLE) == status


@pytest.mark.parametrize(
    "words, screen, ends",
    [("kvm", "", ["error"]), ("kvm", "boot:", []), ("tcg", "", [])],
)
def test_kvm_in_which_nothing_comes_up_is_not_waited_for(monkeypatch, words, screen, ends):
    session, told = sessions.Session(["qemu-system-x86_64", "-accel", words], [], "gtk"), []
    monkeypatch.setattr(sessions, "KVM_LIMIT", 0)
    monkeypatch.setattr(session, "_rows", lambda: [screen.encode()])
    monkeypatch.setattr(session, "_finish", lambda end, text: told.append(end))
    session._look_for_the_loader()
    time.sleep(0.01)
    session._look_for_the_loader()
    assert told[:1] == ends


@pytest.mark.parametrize("words, end", [("kvm", "error"), ("tcg", "unstarted")])
def test_a_test_in_which_kvm_hangs_was_not_run(words, end):
    settings = {"test-success-exit-code": 33, "test-timeout": 8, "test-no-reboot": True}
    test = Trial(["qemu-system-x86_64", "-accel", words], [], None, settings, None)
    test.machine = types.SimpleNamespace(status=lambda: "running", memory=lambda at, size: b"")
    assert test._timed_out()[0] == end


@pytest.mark.parametrize(
    "script, told",
    [("echo tool 1.2", "1.2"), ("echo tool 1.2; exit 1", "1.2"), ("echo tool", "found"),
     ("echo no toolchain is chosen; exit 1", "does not run")],
)  # fmt: skip
def test_a_tool_that_exists_but_does_not_run_is_reported(tmp_path, script, told):
    """Like rustup's cargo, if no toolchain is chosen."""
    (tmp_path / "tool").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "tool").chmod(0o755)
    assert doctor.version(str(tmp_path / "tool")) == told
