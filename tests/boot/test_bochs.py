"""A second opinion: Bochs, with its own BIOS, VGA BIOS and CPU."""

import pytest


@pytest.mark.parametrize("kernel, memory", [("tell", 64), ("entry", 64), ("memory", 32)])
def test_it_boots_in_bochs(boot_in_bochs, kernel, memory):
    machine = boot_in_bochs(kernel, append="in bochs", memory=memory)
    said = machine.wait_serial(" checks\n")
    assert "PASS" in said and "command_line=in bochs" in said
