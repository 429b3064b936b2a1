"""sign.py - puts the boot configuration into BOOTX64.EFI, and has sbsign sign the file.

The section's place is noted in the file (loader/platform/uefi/uefi.ld); signed_config.c reads it.
"""

from lib.bundle import put_section
from lib.project import Stop, run

CONFIG_PLACE = 0x28  # offset in the PE file of the configuration's beginning and end


def put_config(loader, config):
    """Puts a configuration into the loader's file, which is replaced, not written to."""
    whole = put_section(loader.read_bytes(), config.read_bytes(), b".config", CONFIG_PLACE)
    replace(loader, whole)


def sign(loader, key, certificate):
    """Signs the loader's file, in place."""
    made = loader.with_name("signed.efi")
    try:
        run(["sbsign", "--key", key, "--cert", certificate, "--output", made, loader])
        replace(loader, made.read_bytes())
    except FileNotFoundError:
        raise Stop("sbsign did not sign: does the key belong to the certificate?") from None
    finally:
        made.unlink(missing_ok=True)


def replace(path, data):
    """Replaces a file, which may be a link, with a new one of these bytes."""
    path.unlink()
    path.write_bytes(data)
