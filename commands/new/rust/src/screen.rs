//! Lines of text on the screen: letters in VGA's text mode, which a BIOS has set, or drawn in pixels,
//! which is all that there is under UEFI.

use crate::{BootInfo, Framebuffer};

/// Shows a text in a row, white on green; 0 is the top. What does not fit is not shown.
pub fn line(info: &BootInfo, row: usize, text: &str) {
    let pixels = &info.framebuffer;
    let cells = (info.direct_map + 0xb8000) as *mut u16;
    let (columns, rows) = match pixels.address.is_null() {
        true => (80, 25),
        false => (pixels.width as usize / 8, pixels.height as usize / 16),
    };
    if row >= rows {
        return;
    }
    for (column, letter) in text.bytes().take(columns).enumerate() {
        unsafe {
            if pixels.address.is_null() {
                let cell = cells.add(row * columns + column);
                cell.write_volatile(0x2f00 | letter as u16);
            } else if !info.font.is_null() {
                draw(pixels, &*info.font.add(letter as usize), column, row);
            }
        }
    }
}

/// Draws a letter of the font that the loader has brought: a bit is a pixel, the leftmost is bit 7.
unsafe fn draw(to: &Framebuffer, glyph: &[u8; 16], column: usize, row: usize) {
    let (white, green) = (!0u32, 1 << (to.green[0] + to.green[1] - 1));
    let bytes = (to.bits_per_pixel as usize + 7) / 8;

    for (y, bits) in glyph.iter().enumerate() {
        let line = to.address.add((row * 16 + y) * to.pitch as usize);
        for x in 0..8 {
            let pixel = if bits << x & 0x80 != 0 { white } else { green };
            let at = line.add((column * 8 + x) * bytes);
            for (byte, part) in pixel.to_le_bytes().iter().take(bytes).enumerate() {
                at.add(byte).write_volatile(*part);
            }
        }
    }
}
