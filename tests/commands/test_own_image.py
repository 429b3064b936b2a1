"""The image that `runner` makes of an ELF file: made only of that file, whatever else has its name
or writes to it."""

import re
import subprocess

from projects import Image, same

PASS = ["mov al, 16", "out 0xf4, al", "jmp $"]
FAIL = ["mov al, 1", "out 0xf4, al", "jmp $"]
SLOW = (
    '#!/bin/sh\ntouch "{0}/started"\nwhile [ ! -e "{0}/go" ]; do sleep 0.05; done\nexec {1} "$@"\n'
)


def last(said):
    return said.splitlines()[-1]


def test_two_files_that_differ_in_their_endings_have_two_images(project, kernel, tmp_path):
    kernel(*PASS, name="a").rename(tmp_path / "heap.test")
    kernel(*FAIL, name="b").rename(tmp_path / "heap.kernel")
    for _ in range(2):
        project.good("runner", "--disc", "--test", tmp_path / "heap.test")
        project.bad("runner", "--disc", "--test", tmp_path / "heap.kernel")


def test_the_projects_own_image_is_left_alone(project, kernel, tmp_path):
    """As in Limine's template: the kernel has no suffix, and a rule makes kernel.iso of it."""
    kernel(*PASS, name="a").rename(tmp_path / "kernel")
    (tmp_path / "Makefile").write_text("%.iso: %\n\techo own >$@\n")
    project.good("runner", "--disc", "--test", tmp_path / "kernel")
    subprocess.run(["make", "-s", "-C", tmp_path, "kernel.iso"], check=True)
    project.good("runner", "--disc", "--test", tmp_path / "kernel")
    assert (tmp_path / "kernel.iso").read_text() == "own\n"


def test_later_changes_to_the_file_have_no_effect(project, kernel, tmp_path):
    """QEMU is slow to start; meanwhile the image is overwritten, and then replaced by another."""
    folder = tmp_path / "bin"
    folder.mkdir()
    qemu = subprocess.check_output(["bash", "-c", "type -P qemu-system-x86_64"], text=True).strip()
    (folder / "qemu-system-x86_64").write_text(SLOW.format(tmp_path, qemu))
    (folder / "qemu-system-x86_64").chmod(0o755)
    program, image = kernel(*PASS), tmp_path / "tiny.elf.longjump.iso"
    bad = kernel(*FAIL, name="bad")
    project.bad("runner", "--disc", "--test", bad)
    running = subprocess.Popen(
        ["env", f"PATH={folder}:/usr/bin:/bin:/usr/sbin:/sbin", project.root / "build.sh",
         "--no-install", "runner", "--disc", "--test", program],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    while not (tmp_path / "started").exists():
        assert running.poll() is None
    image.write_bytes((tmp_path / "bad.elf.longjump.iso").read_bytes())
    (tmp_path / "other").write_text("no image at all")
    (tmp_path / "other").rename(image)
    (tmp_path / "go").touch()
    said = running.communicate(timeout=120)[0]
    assert running.returncode == 0 and "test passed" in last(said), said


def test_an_image_that_was_changed_is_made_again(project, kernel, tmp_path):
    program, image = kernel(*PASS), tmp_path / "tiny.elf.longjump.iso"
    project.good("runner", "--disc", "--test", program)
    right = image.read_bytes()
    assert "is up to date" in project.good("runner", "--disc", "--test", program)
    at = right.index(b"APPEND")
    for wrong in (right[:at] + b"append" + right[at + 6 :], right + b"\0", right[:-1]):
        image.write_bytes(wrong)
        assert "is ready" in project.good("runner", "--disc", "--test", program)
        assert same(image, right)


def test_a_guest_that_writes_to_its_disk_does_not_change_the_image(project, kernel, tmp_path):
    """It writes to the first sector of the disk that it has booted from, and waits until that is
    done."""
    (tmp_path / "longjump.conf").write_text(
        'run-command = ["qemu-system-x86_64", "-drive", "format=raw,file={}"]\n'
    )
    ports = {0x1F6: 0xE0, 0x1F2: 1, 0x1F3: 0, 0x1F4: 0, 0x1F5: 0, 0x1F7: 0x30}
    outs = [f"mov dx, {port}\nmov al, {value}\nout dx, al" for port, value in ports.items()]
    program = kernel(
        *outs, "ready: in al, dx", "test al, 8", "jz ready", "mov dx, 0x1f0", "mov ecx, 256",
        "mov ax, 0x1234", "more: out dx, ax", "loop more", "mov dx, 0x1f7",
        "done: in al, dx", "test al, 0x80", "jnz done", *PASS,
    )  # fmt: skip
    project.good("runner", "--disc", "--test", program)
    image = (tmp_path / "tiny.elf.longjump.iso").read_bytes()
    assert image[:4] != b"\x34\x12\x34\x12"
    assert "is up to date" in project.good("runner", "--disc", "--test", program)
    assert same(tmp_path / "tiny.elf.longjump.iso", image)


def test_a_kernel_that_changes_while_it_is_packed_is_reported(project, kernel, tmp_path):
    """objcopy, which takes a while with large kernels, leaves time for that."""
    program = kernel(*PASS)
    tool = tmp_path / "bin/objcopy"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\n/usr/bin/objcopy "$@" && echo more >>"{program}"\n')
    tool.chmod(0o755)
    words = ["image", "--output", tmp_path / "x.iso", "--kernel", program]
    said = project.bad(*words, PATH=f"{tool.parent}:/usr/bin:/bin:/usr/sbin:/sbin")
    assert "tiny.elf was changed while it was packed" in said
    assert not (tmp_path / "x.iso").exists()


def test_the_file_may_have_any_name(project, kernel, tmp_path):
    folder = tmp_path / "it's a, folder"
    folder.mkdir()
    program = kernel(*PASS).rename(folder / "my, kernel.elf")
    project.good("runner", "--disc", "--test", program)
    assert Image(folder / "my, kernel.elf.longjump.iso").files()
    assert re.search(
        "test passed: my, kernel.elf", project.good("runner", "--disc", "--test", program)
    )
