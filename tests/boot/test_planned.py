"""What ./build.sh check plans on this machine is what a kernel gets in QEMU: the same code decides.
Physical addresses differ, since a machine's memory is not quite that of the model."""

import json
import subprocess

import images
import pytest


@pytest.mark.parametrize("kernel", ["tell", "pie", "gaps"])
def test_a_kernel_gets_what_was_planned(prove, kernel):
    told = prove(kernel)
    command = [images.BUILD / "check", "--json", "--", images.kernel_path(kernel)]
    plan = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    placed = {p["use"]: p for p in plan["placements"]}
    rights = {"r--": 1, "rw-": 3, "r-x": 5, "rwx": 7}
    assert int(plan["slide"], 16) == told.kernel_slide
    assert int(plan["entry"], 16) + told.kernel_slide == told.entry
    assert int(placed["stack"]["begin"], 16) == told.stack_begin
    assert int(placed["stack"]["end"], 16) == told.stack_end
    assert int(placed["direct map"]["begin"], 16) == told.direct_map
    pieces = [p for p in plan["placements"] if p["use"] == "kernel"]
    assert [(int(p["begin"], 16) & -4096, rights[p["rights"]]) for p in pieces] == [
        (segment.begin, segment.rights) for segment in told.segments
    ]
