"""pattern.py - regular expressions that are compiled when they are first used.

A command needs few of those that there are, and to compile all takes as long as to read the user's
settings.
"""

import re


class Pattern:
    """A regular expression, as re.compile() returns it."""

    def __init__(self, text, flags=0):
        self._words = text, flags

    def __getattr__(self, name):
        return getattr(re.compile(*self._words), name)  # which remembers what it has compiled
