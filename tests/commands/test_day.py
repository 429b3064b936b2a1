"""`bench --day` and `bench --tests`: every step of the wait is found and measured."""

import json

from projects import ROOT

import day


def test_every_step_from_a_changed_file_to_start_is_measured(project, tmp_path):
    said = project.good("bench", "--day", "--repeats", "1", "--json", tmp_path / "day.json")
    told = json.loads((tmp_path / "day.json").read_text())
    for key, (_words, steps) in zip(("steps", "direct"), day.WAYS.values()):
        assert list(told[key]) == [step.name for step in steps]
        assert all(0 < seconds < 60 for seconds in told[key].values()), told
    assert told["share"] == sum(told["direct"].values()) / sum(told["steps"].values())
    assert told["steps"]["firmware"] > 0.01, "SeaBIOS takes longer than that"
    for step in day.STEPS:
        assert f"\n  {step.name} " in said
    assert "the target, below 1, is" in said and "the target, at most 0.5, is" in said


def test_the_tests_of_a_project_are_measured(project, tmp_path):
    said = project.good("bench", "--tests", "1", "--json", tmp_path / "tests.json")
    told = json.loads((tmp_path / "tests.json").read_text())
    assert {"direct", "disc"} <= told.keys()
    assert all(0 < busy and 0 < wall < 120 for wall, busy in told.values()), told
    assert "\ndirect / disc " in said and "at most 0.5: is " in said


def test_ours_is_everything_but_qemu_and_its_firmware():
    figures = dict.fromkeys((step.name for step in day.STEPS), 1.0)
    assert day.ours(figures) == len(day.STEPS) - 2
    assert day.medians([[1.0] * 9, [5.0] * 9, [2.0] * 9])["QEMU"] == 2.0
