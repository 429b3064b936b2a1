"""files.py: whatever another process does to names in between, none of its files is lost."""

import errno
import os
import signal

import pytest

from lib import files


@pytest.fixture(params=["one step", "no renameat2"])
def way(request, monkeypatch):
    """With the system call, and as on a file system that does not have it."""
    if request.param == "no renameat2":

        def missing(*_):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

        monkeypatch.setattr(files, "_rename", missing)


@pytest.fixture
def here(tmp_path):
    folder = files.open_folder(tmp_path)
    yield folder
    os.close(folder)


def begins_with_ours(name, folder):
    with files.open_regular(name, folder) as file:
        return file.read(4) == b"ours"


def put(path, data=b"ours, new"):
    """Puts a file in place as the commands do."""
    folder = files.open_folder(path.parent)
    try:
        with files.workshop(folder, ".work.") as inside:
            with files.create("made", inside) as file:
                file.write(data)
            files.put("made", inside, path.name, folder, begins_with_ours)
    finally:
        os.close(folder)


@pytest.mark.parametrize("before", [None, b"ours, old"])
def test_a_name_is_given_if_it_is_free_or_ours(way, tmp_path, before):
    path = tmp_path / "name"
    if before:
        path.write_bytes(before)
    put(path)
    assert path.read_bytes() == b"ours, new"
    assert os.listdir(tmp_path) == ["name"]


def test_a_file_of_another_keeps_its_name(way, tmp_path):
    path = tmp_path / "name"
    path.write_bytes(b"theirs")
    inode = path.stat().st_ino
    with pytest.raises(FileExistsError):
        put(path)
    assert path.read_bytes() == b"theirs" and path.stat().st_ino == inode
    assert os.listdir(tmp_path) == ["name"]


def test_a_link_or_a_folder_keeps_its_name(way, tmp_path):
    for name in ("link", "lost", "folder"):
        path = tmp_path / name
        if name == "folder":
            path.mkdir()
        else:
            path.symlink_to("ours" if name == "link" else "nowhere")
    (tmp_path / "ours").write_bytes(b"ours, old")
    for name in ("link", "lost", "folder"):
        with pytest.raises(FileExistsError):
            put(tmp_path / name)
    assert os.readlink(tmp_path / "link") == "ours" and (tmp_path / "folder").is_dir()
    assert (tmp_path / "ours").read_bytes() == b"ours, old"
    assert not (tmp_path / "nowhere").exists()


def test_whoever_is_quicker_keeps_the_name(tmp_path, here):
    """Another process takes the name of our file at the last moment: after every check."""
    path = tmp_path / "name"
    path.write_bytes(b"ours, old")
    real = files._rename

    def rename(old, old_folder, new, new_folder, flags):
        if flags == files.EXCHANGE and path.read_bytes() == b"ours, old":
            path.unlink()
            path.write_bytes(b"theirs")
        real(old, old_folder, new, new_folder, flags)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_rename", rename)
        with pytest.raises(FileExistsError):
            put(path)
    assert path.read_bytes() == b"theirs" and os.listdir(tmp_path) == ["name"]


def test_a_signal_waits_until_everything_has_its_name(tmp_path):
    path = tmp_path / "name"
    path.write_bytes(b"theirs")

    def look(*_):
        signal.raise_signal(signal.SIGTERM)  # to this thread: the commands have no other
        return False

    def end(*_):
        raise SystemExit

    before = signal.signal(signal.SIGTERM, end)
    folder = files.open_folder(tmp_path)
    try:
        with pytest.raises(SystemExit), files.workshop(folder, ".work.") as inside:
            files.create("made", inside).close()
            files.put("made", inside, "name", folder, look)
    finally:
        signal.signal(signal.SIGTERM, before)
        os.close(folder)
    assert path.read_bytes() == b"theirs" and os.listdir(tmp_path) == ["name"]


def test_what_may_be_removed_is(way, tmp_path, here):
    (tmp_path / "ours").write_bytes(b"ours")
    assert files.remove("ours", here, begins_with_ours)
    assert os.listdir(tmp_path) == []
    assert not files.remove("nothing", here, begins_with_ours)


def test_what_another_has_put_there_stays(way, tmp_path, here):
    path = tmp_path / "name"
    path.write_bytes(b"ours")
    looks = []

    def look(name, folder):
        if not looks:  # another file takes its place after the first check
            looks.append(begins_with_ours(name, folder))
            path.unlink()
            path.write_bytes(b"theirs")
            return looks[0]
        return begins_with_ours(name, folder)

    assert not files.remove("name", here, look)
    assert path.read_bytes() == b"theirs" and os.listdir(tmp_path) == ["name"]


def test_a_new_file_is_not_made_through_a_link(tmp_path, here):
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "there").write_bytes(b"theirs")
    for name in ("link", "there"):
        with pytest.raises(FileExistsError):
            files.create(name, here)
    assert sorted(os.listdir(tmp_path)) == ["link", "there"]
    assert (tmp_path / "there").read_bytes() == b"theirs"


def test_a_workshop_stays_when_its_name_leads_elsewhere(tmp_path, here):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "made").write_bytes(b"theirs")
    with files.workshop(here, "work.") as inside:
        name = next(name for name in os.listdir(tmp_path) if name.startswith("work."))
        os.rename(tmp_path / name, tmp_path / "moved")
        (tmp_path / name).symlink_to(victim)
        with files.create("made", inside) as file:
            file.write(b"ours")
        assert (tmp_path / "moved/made").read_bytes() == b"ours"
    assert (victim / "made").read_bytes() == b"theirs"
    assert os.stat(tmp_path / "moved").st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make links of others")
def test_links_on_the_way_are_followed_only_if_they_are_ours(tmp_path, here):
    (tmp_path / "real/inner").mkdir(parents=True)
    for name in ("mine", "theirs"):
        (tmp_path / name).symlink_to("real")
    os.lchown(tmp_path / "theirs", 65534, 65534)
    with files.parent_of("mine/inner/file", here) as folder:
        assert os.path.samestat(os.fstat(folder), (tmp_path / "real/inner").stat())
    with pytest.raises(OSError), files.parent_of("theirs/inner/file", here):
        pass
