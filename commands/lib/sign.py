"""sign.py - makes BOOTX64.EFI a link in a chain of trust: puts the boot configuration into it, and
has sbsign sign both.

The section's place is noted in the file (loader/platform/uefi/uefi.ld); signed_config.c reads it.
"""

from lib.bundle import put_section
from lib.project import Stop, run

CONFIG_PLACE = 0x28  # in the PE file: where the configuration begins and ends


def put_config(loader, config):
    """Puts a configuration, as it is, into the loader's file, which becomes one of its own."""
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
    """Gives a name, which may be a link, to a file with these bytes."""
    path.unlink()
    path.write_bytes(data)
