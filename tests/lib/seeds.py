"""Seeds of the fuzzers: inputs that reach what no other does. Each fuzzer has one archive of them,
which is the same byte for byte whenever the same seeds are packed. Inputs that once did harm are
not seeds but regressions: files in tests/fuzz/regressions, named after what they show."""

import gzip
import hashlib
import io
import pathlib
import tarfile

FUZZ = pathlib.Path(__file__).resolve().parents[1] / "fuzz"


def archive(name):
    """Where a fuzzer's seeds are kept."""
    return FUZZ / "seeds" / f"{name}.tar.gz"


def regressions(name):
    """The files that a fuzzer must survive, by their names."""
    return sorted((FUZZ / "regressions" / name).glob("*"))


def unpack(name, folder):
    """Writes a fuzzer's seeds into a folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive(name)) as packed:
        for member in packed:
            path = folder / pathlib.PurePath(member.name).name
            path.write_bytes(packed.extractfile(member).read())
            yield path


def pack(name, seeds):
    """Makes a fuzzer's archive of the contents of some seeds, each once, named by its hash."""
    contents = {hashlib.sha256(seed).hexdigest()[:12]: seed for seed in seeds}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key, seed in sorted(contents.items()):
            member = tarfile.TarInfo(key)
            member.size = len(seed)
            tar.addfile(member, io.BytesIO(seed))
    archive(name).parent.mkdir(exist_ok=True)
    archive(name).write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))
