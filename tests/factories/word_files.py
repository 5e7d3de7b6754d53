"""Word files written by hand: only what a test is about stands in them."""

import io
import zipfile

SPACES = " ".join(
    f'xmlns:{prefix}="{space}"'
    for prefix, space in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/></Types>'
)
STYLES = {
    "Title": "Title",
    "1": "heading 1",
    "2": "heading 2",
    "B1": "标题 1",
    "Quote": "Quote",
    "Pre": "HTML Preformatted",
    "TOC1": "toc 1",
}


def text(words: str, properties: str = "") -> str:
    """Return a run."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "", style: str = "") -> str:
    """Return a paragraph of runs; what is no XML is a run's words."""
    inside = "".join(run if run.startswith("<") else text(run) for run in runs)
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inside}</w:p>"


def item(*runs: str, number: int = 1, level: int = 0) -> str:
    """Return a paragraph of a list."""
    numbered = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(*runs, properties=numbered)


def table(*rows: tuple[str, ...]) -> str:
    """Return a table of cells; a cell that is no XML is its words."""
    cells = [[cell if cell.startswith("<w:p>") else paragraph(cell) for cell in row] for row in rows]
    written = ("".join(f"<w:tc><w:tcPr/>{cell}</w:tc>" for cell in row) for row in cells)
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in written)}</w:tbl>"


def numbering(*levels: tuple[str, str], number: int = 1) -> str:
    """Return a numbering of levels, each a kind of number and how it is written."""
    written = "".join(
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{shown}"/></w:lvl>'
        for place, (kind, shown) in enumerate(levels)
    )
    used = f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
    return f'<w:abstractNum w:abstractNumId="{number}">{written}</w:abstractNum>{used}'


def _relationships(rows: dict[str, tuple[str, str]]) -> str:
    written = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"'
        f"{' TargetMode=' + chr(34) + 'External' + chr(34) if '://' in target else ''}/>"
        for id_, (kind, target) in rows.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{written}</Relationships>'


def word_file(
    *blocks: str,
    parts: dict[str, str | bytes] | None = None,
    links: dict[str, tuple[str, str]] | None = None,
    numbers: str = "",
    styles: str = "",
) -> bytes:
    """Return a Word file of blocks; `parts` are added or put in place of others."""
    named = "".join(
        f'<w:style w:type="paragraph" w:styleId="{id_}"><w:name w:val="{name}"/></w:style>'
        for id_, name in STYLES.items()
    )
    rows = {"s": ("styles", "styles.xml"), "n": ("numbering", "numbering.xml"), **(links or {})}
    held: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": _relationships({"d": ("officeDocument", "word/document.xml")}),
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(blocks)}<w:sectPr/></w:body></w:document>",
        "word/styles.xml": f"<w:styles {SPACES}>{named}{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {SPACES}>{numbers}</w:numbering>",
        "word/_rels/document.xml.rels": _relationships(rows),
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return out.getvalue()


def part(words: str, root: str = "w:ftr") -> str:
    """Return a part of a Word file that holds a paragraph."""
    return f"<{root} {SPACES}>{paragraph(words)}</{root}>"
