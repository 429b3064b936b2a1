"""markdown.py - shows parts of the papers in docs/ elsewhere. Knows the Markdown used there."""

import re


def without_links(text):
    """The text, with the words of each link in place of the link."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
