"""Secure Boot, with the keys that come with OVMF."""

import shutil
import subprocess

import pytest

KEYS = "/usr/share/ovmf/PkKek-1-snakeoil"
CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd"
CERTIFICATE = f"{KEYS}.pem"

needs_sbsign = pytest.mark.skipif(not shutil.which("sbsign"), reason="there is no sbsign")


def key(folder):
    """Writes the key of the certificate into a folder; returns its path."""
    path = folder / "db.key"
    command = ["openssl", "rsa", "-passin", "pass:snakeoil", "-in", f"{KEYS}.key", "-out", path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def sign(program, folder):
    """A program for UEFI, signed."""
    plain, signed = folder / "plain.efi", folder / "signed.efi"
    plain.write_bytes(program)
    command = ["sbsign", "--key", key(folder), "--cert", CERTIFICATE, "--output", signed, plain]
    subprocess.run(command, check=True, capture_output=True)
    return signed.read_bytes()


def machine(folder):
    """Words for vm.Machine: firmware that starts only what is signed with that key."""
    variables = folder / "variables.fd"
    shutil.copyfile(VARIABLES, variables)
    return {"machine": "smm=on", "extra": [
        "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}",
        "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
        "-global", "driver=cfi.pflash01,property=secure,value=on"]}  # fmt: skip
