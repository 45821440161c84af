"""Make catalog and user strings safe to show.

Catalog overlays, workload files and pack files come from strangers; a name
in them must not move the cursor, recolor the terminal, reverse the reading
direction or open a link or table cell in a Markdown file.
"""

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands for every character that was removed."""

# Cc control, Cf format (bidirectional marks and overrides, zero-width), Cs lone
# surrogates, Zl and Zp line and paragraph separators: categories of the Unicode
# Standard, chapter 4, table 4-4.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Markup anywhere in a line; an underscore only where it does not stand inside a word; and what
# would open a heading or a list at the start of a line.
_MARKDOWN = re.compile(r"([\\`*\[\]<>|&~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[#+-])")

# What GitHub's autolink extension makes into a link without any markup: a colon after a scheme,
# a stop after www. A backslash before it keeps it text.
_ADDRESS = re.compile(r"([A-Za-z](?=://)|www(?=\.))", re.IGNORECASE)
_PIECES = re.compile(r"(\s+)")
_AROUND = "()[].,;:"


def safe_text(value: object, *, keep_newlines: bool = False) -> str:
    """One line of printable text, every unsafe character visibly replaced.

    Examples
    --------
    >>> safe_text("H20") == "H20"
    True
    >>> print(ascii(safe_text(chr(27) + "[31mred")))
    '\\ufffd[31mred'
    >>> print(ascii(safe_text("a" + chr(0x202e) + "b")))
    'a\\ufffdb'
    """
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_safe_character(character, keep_newlines) for character in text)


def _safe_character(character: str, keep_newlines: bool) -> str:
    if character == "\n" and keep_newlines:
        return character
    if unicodedata.category(character) in _UNSAFE_CATEGORIES:
        return REPLACEMENT
    return character


def safe_markdown(value: object) -> str:
    """Text for Markdown: safe, every markup character escaped, no link but to cited sources.

    Examples
    --------
    >>> safe_markdown("a|b [x](y)")
    'a\\\\|b \\\\[x\\\\](y)'
    >>> print(safe_markdown("https://evil.example"), safe_markdown("https://www.bis.gov"))
    https\\://evil.example https\\://www\\.bis.gov
    """
    text = safe_text(value)
    if not _ADDRESS.search(text):
        return _MARKDOWN.sub(r"\\\1", text)
    return "".join(_markdown_piece(each) for each in _PIECES.split(text))


def _markdown_piece(piece: str) -> str:
    """A word of Markdown: one of the product's own addresses stays, any other is no link."""
    from optimizer.report.addresses import known_addresses

    bare = piece.strip(_AROUND)
    if bare in known_addresses():
        return bare.join(_MARKDOWN.sub(r"\\\1", each) for each in piece.split(bare, 1))
    return _ADDRESS.sub(r"\1\\", _MARKDOWN.sub(r"\\\1", piece))


def safe_cell(value: object) -> str:
    """Text for a CSV cell: safe, and never read as a formula by a spreadsheet.

    Examples
    --------
    >>> safe_cell("=HYPERLINK(1)")
    "'=HYPERLINK(1)"
    >>> safe_cell("-12.5")
    '-12.5'
    >>> safe_cell(chr(0xFF1D) + "1")[0]
    "'"
    """
    text = safe_text(value)
    first = unicodedata.normalize("NFKC", text[:1])
    if first in ("=", "+", "-", "@") and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
