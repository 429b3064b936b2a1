"""One image, every medium: the same file boots as a CD, as a disk and as a stick."""

import pytest
import vm


@pytest.mark.parametrize("medium", vm.MEDIA)
def test_it_boots_from(medium, prove):
    told = prove("tell", append="from somewhere", medium=medium)
    assert told.command_line == "from somewhere"
