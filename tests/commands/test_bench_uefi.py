"""`bench --uefi`: what the loader takes from its entry on, and what a bare read takes."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("bench")  # all work in build/bench


@pytest.fixture(scope="module")
def told(project, tmp_path_factory):
    """What is printed about a tiny kernel from a disk, and the figures."""
    figures = tmp_path_factory.mktemp("bench") / "figures.json"
    words = ("--sizes", "tiny", "--media", "uefi-hd", "--loaders", "longjump", "--json", figures)
    return project.good("bench", "--uefi", *words), json.loads(figures.read_text())


def test_the_time_from_the_entry_to_start_is_measured_beside_a_bare_read(told):
    said, figures = told
    floor, ours = figures["results"]
    assert (floor["loader"], ours["loader"]) == ("floor", "longjump")
    assert 0 < floor["share"] < ours["share"] < 3
    assert len(ours["steps"]) == 4 and min(ours["steps"]) > 0
    assert abs(sum(ours["steps"]) - ours["share"]) < 1e-9
    assert "\nUEFI, AHCI disk (uefi-hd) " in said and "\n  floor " in said


def test_the_target_is_shown(told):
    said, figures = told
    (target,) = figures["targets"]
    assert target["value"] == figures["results"][1]["share"] and target["at_most"] == 1.0
    assert f"\n  {target['target']} " in said


def test_media_and_loaders_are_those_that_uefi_has(project):
    for word in ("--media", "pc-cd"), ("--loaders", "mboot.c32"):
        assert f'"{word[1]}" is not one of' in project.bad("bench", "--uefi", *word, status=2)
