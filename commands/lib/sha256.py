"""sha256.py - SHA-256 of a few bytes, from Python's own implementation.

hashlib loads OpenSSL first, which takes 4 ms; that pays only for large files. Python's module
random takes such a function from the same place.
"""

try:
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:  # before Python 3.12
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:  # another Python
        from hashlib import sha256

__all__ = ["sha256"]
