"""pattern.py - regular expressions that are compiled when they are first used.

A command needs only a few of them, and compiling them all takes as long as reading the user's
settings.
"""

import re


class Pattern:
    """A regular expression, as re.compile() returns it."""

    def __init__(self, text, flags=0):
        self._words = text, flags

    def __getattr__(self, name):
        return getattr(re.compile(*self._words), name)  # re caches what it has compiled
