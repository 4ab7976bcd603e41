"""Cards of models and their scores, written as Markdown, shown as parts of a page: headings, paragraphs,
lists, tables, bold words and code. Nothing else of Markdown is known, and nothing of HTML gets through.
"""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_RULE = re.compile(r"^\|[\s:|-]+\|$")

type Part = tuple[str, Markup]
"""Heading and what stands under it."""


def shown(path: Path) -> list[Part]:
    """The parts of a card, the first without a heading of its own; empty where the file is not installed."""
    try:
        return _parts(path, path.stat().st_mtime_ns)
    except OSError:
        return []


@cache
def _parts(path: Path, _changed: int) -> list[Part]:
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    parts: list[Part] = []
    for section in re.split(r"^(?=#{1,3} )", text, flags=re.M):
        heading, _, body = section.partition("\n") if section.startswith("#") else ("", "", section)
        blocks = [_block(block) for block in re.split(r"\n\s*\n", body) if block.strip()]
        if heading or blocks:
            parts.append((heading.lstrip("# ").strip(), Markup("\n").join(blocks)))
    return parts


def _block(block: str) -> Markup:
    lines = [line.strip() for line in block.strip().splitlines()]
    if lines[0].startswith("|"):
        return _table([line for line in lines if line.startswith("|")])
    if all(line.startswith(("- ", "* ")) for line in lines):
        return Markup("<ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(_inline(line[2:])) for line in lines)
        )
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _table(lines: list[str]) -> Markup:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not _RULE.match(line)]
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(cell)) for cell in rows[0])
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_inline(c)) for c in row))
        for row in rows[1:]
    )
    return Markup(
        '<div class="table-scroll" tabindex="0" role="region" aria-label="{}">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(", ".join(rows[0]), head, body)


def _inline(text: str) -> Markup:
    made = str(escape(_LINK.sub(r"\1", text)))
    made = _CODE.sub(r"<code>\1</code>", made)
    return Markup(_BOLD.sub(r"<strong>\1</strong>", made))  # noqa: S704 - escaped above
