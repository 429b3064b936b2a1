"""Media that cannot be read: said, not booted."""

import images
import large
import pytest
from mistakes import expect_refusal


@pytest.mark.parametrize("medium", ["cd-ide", "cd-ahci", "disk-ide", "usb-xhci"])
def test_a_sector_that_cannot_be_read_is_noticed(start, log, tmp_path, medium):
    kernel = tmp_path / "large.elf"
    segments = large.SHAPES["one"]
    kernel.write_bytes(large.large(segments))
    image = images.make_image(kernel, append=large.named(segments))
    middle = image.read_bytes().index(large.words(large.BASE + 2 * large.MIB, 4096))
    faults = log / "faults"
    faults.write_text(f'[inject-error]\nevent = "read_aio"\nsector = "{middle // 512}"\n')
    expect_refusal(start(image, medium=medium, faults=faults), 502)
