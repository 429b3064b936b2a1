"""disc.py - makes the disc: gathers its files, masters the image, reads it back, puts it in place.

An image gets its final name only when it is complete and has been checked. What it was made from is
recorded in the image itself (in the application use field), so that nothing is done twice and no
foreign file is overwritten. Knows nothing of command lines or of compiling.
"""

import contextlib
import hashlib
import mmap
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile
from pathlib import Path

from lib.configuration import OpenDisc, paths_of_modules
from lib.elf import strip_debug
from lib import esp, menu
from lib.files import open_regular, workshop_in
from lib.hashes import with_hashes
from lib.internal import internal_modules, warn_of_missing
from lib.iso9660 import SECTOR, BadDisc, Disc
from lib.isolinux import isolinux_cfg
from lib.placing import NOT_OURS, placing, resolve
from lib.progress import Progress, watched
from lib.project import BUILD, ROOT, Stop, detail, make_build_folder, run, say, shown
from lib.sign import put_config, sign
from lib.tree import files_below

APPLICATION = "LONGJUMP"
MBR_ID = "0x4c4a4d50"
DATE = 1767225600  # 2026-01-01
STAMP = 16 * SECTOR + 883  # the application use field
STAMP_SIZE = 512
CHUNK = 1 << 20  # bytes that are read at a time
ATTEMPTS = 5  # to make an image that other processes replace at the same time
CONFIG = "isolinux/isolinux.cfg"
KERNEL = "isolinux/kernel.elf"
IMAGE = "image"  # its name until it is complete
NOT_ON_DISC = {".gitkeep", ".gitignore"}
PROGRAMS = ("disc.py", "esp.py", "fat.py", "fat_reader.py", "iso9660.py")


def make_disc(config):
    """Makes the image unless it is there already; returns its path."""
    return make(config)[0]


def open_disc(config):
    """Makes the image unless it is there already; returns it as an OpenDisc."""
    for _ in range(ATTEMPTS):
        output, digest = make(config)
        copy = tempfile.TemporaryFile(dir=BUILD)
        with contextlib.suppress(OSError), open_regular(output) as image:
            copy_all(image, copy)
        copy.flush()
        if is_image_of(digest, f"/proc/self/fd/{copy.fileno()}"):
            return OpenDisc(output, copy, paths_of_modules(config))  # type: ignore[arg-type]
    raise Stop(f"{shown(output)} keeps being changed: choose another --output")


def copy_all(image, copy):
    """Copies an open image into another file."""
    progress, done = Progress("  copy     the image", os.fstat(image.fileno()).st_size), 0
    while chunk := image.read(CHUNK):
        copy.write(chunk)
        done += len(chunk)
        progress.at(done)
    progress.end()


def make(config):
    """Makes the image unless it is there already; prints what was done. Returns its path, and the
    digest of what it was made from."""
    output = resolve(config.output)
    check_output(output)
    files = gather(config)
    make_build_folder()
    with stage_folder() as stage:
        staged = stage_files(files, stage, config.keep_debug)
        if config.hashes:
            text = staged[CONFIG].read_text(encoding="utf-8")
            staged[CONFIG].write_text(with_hashes(text, staged), encoding="utf-8")
        if config.sign:
            put_config(staged[esp.LOADER], staged[CONFIG])
        check_sizes(staged)
        digest = digest_of(staged, config.sign)
        config.check_files()
        if is_image_of(digest, output):
            say(f"{shown(output)} is up to date")
        else:
            say(f"  pack     {shown(output)}")
            if config.sign:
                sign(staged[esp.LOADER], *config.sign)
            put_in_place(stage, staged, digest, output)
            say(f"{shown(output)} is ready, {kibibytes(output)} KiB")
    return output, digest


def stage_folder():
    """The path of a temporary folder in which to lay out a disc."""
    return workshop_in(BUILD, "stage.")


def put_in_place(stage, staged, digest, output):
    """Makes the image under a temporary name, and gives it the final name when it is correct, if a
    file that has that name by then may be overwritten."""
    with placing(output) as (inside, put):
        stage_partition(stage, staged)
        master(stage, inside)
        finish(inside, staged, digest)
        put(IMAGE, is_ours)


def gather(config):
    """The contents of the disc: path there -> a file here, or bytes."""
    files = from_iso_folder()
    ours = {
        "isolinux/isolinux.bin": find_syslinux("isolinux.bin"),
        "isolinux/ldlinux.c32": find_syslinux("ldlinux.c32"),
        "isolinux/longjump.c32": BUILD / "longjump.c32",
        KERNEL: config.kernel,
    }
    if not config.bios_only:
        ours[esp.LOADER] = BUILD / "BOOTX64.EFI"
    if config.menu:
        ours |= {f"isolinux/{name}": find_syslinux(name) for name in menu.FILES}
    for path in (module.path for module in config.modules):
        name = f"isolinux/{path.name}"
        if ours.setdefault(name, path) != path or name == CONFIG:
            raise Stop(f"two files cannot both be called {path.name} on the disc: rename {path}")
    add_internal_modules(config, files, ours)
    ours[CONFIG] = isolinux_cfg(config).encode()
    for name in ours:
        if name in files:
            raise Stop(f"iso/{name} is in the way of a file that Longjump puts there: rename it")
    return {**files, **ours}


def add_internal_modules(config, files, ours):
    """Adds the modules that the kernel names itself to `ours`, and warns of those that will not be
    on the disc."""
    missing = []
    for module in internal_modules(config):
        name = str(module.path)[1:] if module.path.is_absolute() else f"isolinux/{module.path}"
        if name in files or name in ours:
            continue
        if module.file:
            ours[name] = module.file
        else:
            missing.append(module)
    warn_of_missing(missing)


def from_iso_folder():
    """The files of the folder iso/."""
    try:
        files, remarks = files_below(ROOT / "iso")
    except OSError as error:
        raise Stop(f"{shown(error.filename)}: {error.strerror}") from None
    for remark in remarks:
        say(f"  note     iso/{remark}")
    return {name: path for name, path in files.items() if path.name not in NOT_ON_DISC}


def find_syslinux(name):
    """Where a file of Syslinux is on this system; need.sh knows the places."""
    script = f'source "$1"; find_syslinux {name}'
    command = ["bash", "-c", script, "-", str(ROOT / "commands/lib/need.sh")]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        raise Stop(f"there is no {name} on this machine: ./build.sh setup")
    return Path(found)


def digest_of(staged, keys=()):
    """A digest of everything that determines the image, including this program and the signing
    key."""
    whole = hashlib.sha256(repr((mastering_name(), epoch())).encode())
    programs = {name: Path(__file__).parent / name for name in PROGRAMS}
    programs |= {f"key {number}": path for number, path in enumerate(keys)}
    files, done = sorted({**programs, **staged}.items()), 0
    progress = Progress("  hash     the files for the disc", sum_of_sizes(dict(files).values()))
    for name, path in files:
        part = hashlib.sha256()
        for chunk in chunks_of(path):
            part.update(chunk)
            done += len(chunk)
            progress.at(done)
        whole.update(f"\n{name}\0".encode("utf-8", "surrogateescape"))
        whole.update(part.digest())
    progress.end()
    return whole.hexdigest()


def sum_of_sizes(paths):
    """The bytes of files, as far as they are there."""
    total = 0
    for path in paths:
        with contextlib.suppress(OSError):
            total += os.stat(path).st_size
    return total


def chunks_of(path):
    """A file's bytes, a piece at a time."""
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise Stop(f"{shown(os.path.realpath(path))}: {error.strerror}") from None


def stamp(digest, data):
    """The application use field of a finished image, 512 bytes: digests of what it was made from,
    and of everything else in it."""
    contents = hashlib.blake2b(data[:STAMP], digest_size=32)
    progress = Progress("  check    the image", len(data))
    with memoryview(data) as view, view[STAMP + STAMP_SIZE :] as rest:
        for at in range(0, len(rest), CHUNK):
            with rest[at : at + CHUNK] as chunk:
                contents.update(chunk)
            progress.at(at)
    progress.end()
    text = f"longjump {digest} {len(data)} {contents.hexdigest()}"
    return text.encode().ljust(STAMP_SIZE, b"\0")


def is_image_of(digest, path):
    """Whether the file is a finished image with this digest of its sources, and is unchanged."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
            found = data[STAMP : STAMP + STAMP_SIZE]
            return digest.encode() in found and found == stamp(digest, data)
    except (OSError, ValueError):  # it is not there, or empty
        return False


def check_output(output):
    """Stops unless the image may be put there: there is nothing yet, or an image of ours."""
    if not output.parent.is_dir():
        raise Stop(f"{shown(output)} cannot be made: there is no folder {shown(output.parent)}")
    if not os.path.lexists(output):
        return
    if not stat.S_ISREG(output.lstat().st_mode):
        what = "a folder" if output.is_dir() else "not an ordinary file"
        raise Stop(f"{shown(output)} is {what}: choose another --output, such as my.iso")
    try:
        is_right = is_ours(output)
    except OSError as error:
        raise Stop(f"{shown(output)}: {error.strerror}: choose another --output") from None
    if not is_right:
        raise Stop(NOT_OURS.format(shown(output)))


def is_ours(name, folder=None):
    """The file is an image that this program made."""
    with open_regular(name, folder) as file:
        file.seek(16 * SECTOR)
        try:
            return Disc(bytes(16 * SECTOR) + file.read(SECTOR)).application == APPLICATION
        except BadDisc:
            return False


def stage_files(files, stage, keep_debug):
    """Lays the disc out in a folder, with links; returns path on disc -> expected file. A file with
    two names is copied: on a FAT, each needs its own bytes."""
    staged, linked = {}, set()
    for name, source in files.items():
        place = stage / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            place.write_bytes(source)
        elif name == "isolinux/isolinux.bin":
            shutil.copyfile(source, place)  # a boot info table is written into it
        elif name != KERNEL or keep_debug or not strip_debug(source, place):
            place.unlink(missing_ok=True)
            inode = inode_of(source)
            if inode in linked:
                shutil.copyfile(source, place)
            else:
                place.symlink_to(os.path.realpath(source))
            linked.add(inode)
        staged[name] = place
    return staged


def inode_of(path):
    """What two names of one file have in common."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def sizes_of(staged):
    return {name: os.path.getsize(place) for name, place in staged.items()}


def check_sizes(staged):
    """Stops if a file is too large for the EFI system partition, if the disc is to have one."""
    for name, size in sizes_of(staged).items():
        if esp.LOADER in staged and size > esp.LARGEST:
            raise Stop(
                f"{name} has {size} bytes; UEFI reads files of at most {esp.LARGEST}:"
                " make it smaller, or leave UEFI out with --bios-only"
            )


def stage_partition(stage, staged):
    """Reserves space on the disc for the EFI system partition, if the disc is to have one."""
    if esp.LOADER in staged:
        with open(stage / esp.PARTITION, "wb") as file:
            file.truncate(esp.room(sizes_of(staged)))


def mastering_name():
    """The program that makes the file system: genisoimage or a substitute. Without
    isohybrid it has to be xorriso, which does that as well."""
    for name in ("genisoimage", "mkisofs", "xorriso")[0 if shutil.which("isohybrid") else 2 :]:
        if shutil.which(name):
            return name
    raise Stop("neither genisoimage nor mkisofs nor xorriso is installed: ./build.sh setup")


def master(stage, folder):
    """Makes the file system of a folder in another one, which is open, and adds a boot record for
    disks."""
    more = {"cwd": f"/proc/self/fd/{folder}"}
    name = mastering_name()
    detail(f"the file system is made by {name}")
    command = [name] + (["-as", "mkisofs"] if name == "xorriso" else [])
    command += ["-quiet", "-input-charset", "utf-8", "-f", "-r", "-J", "-joliet-long", "-D"]
    command += ["-iso-level", "3", "-no-pad", "-V", APPLICATION, "-A", APPLICATION, "-sysid", ""]
    command += ["-b", "isolinux/isolinux.bin", "-c", esp.CATALOGUE, "-no-emul-boot"]
    command += ["-boot-load-size", "4", "-boot-info-table"]
    if not shutil.which("isohybrid"):
        detail("the boot record for disks is made by xorriso")
        command += ["-isohybrid-mbr", find_syslinux("isohdpfx.bin")]
    with tempfile.NamedTemporaryFile("w", suffix=".sort") as weights:
        if (stage / esp.PARTITION).exists():
            command += first_on_disc(esp.FIRST, name, stage, weights)
        size = sum_of_sizes(stage.rglob("*"))
        with watched("  write    the image", size, lambda: size_in(folder)):
            run([*command, "-o", IMAGE, stage], **more)
    if shutil.which("isohybrid"):
        run(["isohybrid", "--id", MBR_ID, IMAGE], **more)


def size_in(folder):
    """The bytes of the image that is being made in an open folder."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(IMAGE, dir_fd=folder).st_size
    return 0


OVER_BOOT_FILES = 10  # genisoimage's own weights for isolinux.bin and the catalogue are 1 and 2


def first_on_disc(paths, name, stage, weights):
    """Arguments for the program of this name that put these files first, in this sequence."""
    if name == "xorriso":
        weights_of = ((f"{2 * 10**9 - i}", path) for i, path in enumerate(paths))
        return [word for at, path in weights_of for word in ("--sort-weight", at, f"/{path}")]
    for weight, path in enumerate(reversed(paths), OVER_BOOT_FILES):
        pattern = re.sub(r"[][*?\\\n]", "?", str(stage / path))  # whatever stands there
        weights.write(f"{pattern} {weight}\n")
    weights.flush()
    return ["-sort", weights.name]


def finish(folder, staged, digest):
    """Completes an image: dates, the stamp and the EFI system partition; checks its contents
    first."""
    left_out = []
    handle = os.open(IMAGE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    # Holes in the file must be filled before it is written to through memory: on a full disk, that
    # would raise SIGBUS.
    os.posix_fallocate(handle, 0, os.fstat(handle).st_size)
    with open(handle, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        try:
            disc = Disc(data)
            if esp.LOADER in staged:
                left_out = esp.write(disc, epoch())
            check(disc, staged, left_out)
            disc.set_dates(epoch())
        except (BadDisc, IndexError, ValueError, struct.error) as error:
            raise Stop(f"the finished image is wrong: {error}") from None
        data[STAMP : STAMP + STAMP_SIZE] = stamp(digest, data)
        os.fchmod(handle, 0o666 & ~umask())
    for path in left_out:
        say(f"  warning  under UEFI there is no {path}: a FAT cannot have that name")


def check(disc, staged, left_out):
    """Every file is on the disc with its bytes, and it boots as a CD and as a disk."""
    if disc.application != APPLICATION:
        raise BadDisc(f'its application is "{disc.application}"')
    found = {file.path: file for file in disc.files()}
    uefi = found.pop(esp.PARTITION, None)
    found.pop(esp.CATALOGUE, None)
    if found.keys() != staged.keys():
        raise BadDisc("other files are on it: " + ", ".join(sorted(found.keys() ^ staged.keys())))
    for name, source in staged.items():
        if not same_bytes(disc.image, found[name], source, name == "isolinux/isolinux.bin"):
            raise BadDisc(f"{name} has other contents")
    boot = found["isolinux/isolinux.bin"]
    if disc.boot_file() != boot.begin:
        raise BadDisc("the boot catalogue does not name isolinux.bin")
    disc.check_boot_info(boot)
    if (uefi is not None) != (esp.LOADER in staged):
        raise BadDisc("its EFI system partition is there without a loader, or the other way round")
    disc.check_hybrid(boot, esp.partitions(disc, uefi))
    if uefi is not None:
        esp.check(disc, left_out)


def same_bytes(image, file, source, has_table):
    """Whether the file on the disc equals the one here, except for the boot info table, [8, 64)."""
    if file.end - file.begin != os.path.getsize(source):
        return False
    with open(source, "rb") as here:
        at = file.begin
        while chunk := here.read(CHUNK):
            there = image[at : at + len(chunk)]
            if has_table and at == file.begin:
                chunk, there = chunk[:8] + chunk[64:], there[:8] + there[64:]
            if there != chunk:
                return False
            at += len(chunk) + (56 if has_table and at == file.begin else 0)
    return True


def epoch():
    """The date that everything on the disc gets: what SOURCE_DATE_EPOCH asks for, or always the
    same, so that the image depends on what is in it and on nothing else."""
    text = os.environ.get("SOURCE_DATE_EPOCH") or str(DATE)
    if not text.isdigit():
        raise Stop(f'SOURCE_DATE_EPOCH must be seconds since 1970, not "{text}"')
    return int(text)


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def kibibytes(path):
    return (os.path.getsize(path) + 1023) // 1024
