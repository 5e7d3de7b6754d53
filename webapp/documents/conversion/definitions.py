"""Lists of definitions, and what a reader unfolds; their parts become one where they stand as they should."""

from webapp.documents.conversion.cell_tables import one_run
from webapp.manuscript import blocks as b


def definitions_of(tag: str, above: str, blocks: b.Blocks) -> b.Blocks:
    """Return what a `dt`, `dd`, `dl`, `summary` or `details` becomes that has ended; `above` is what it stood in."""
    match tag, above:
        case ("dt", "dl") | ("summary", "details"):
            return (b.Term(one_run(blocks)),)
        case "dd", "dl":
            return (b.Meaning(blocks),)
        case (("dt" | "summary"), _):
            return (b.Paragraph((b.Strong(one_run(blocks)),)),)
        case "dl", _ if _is_well_formed(blocks):
            return (b.DefinitionList(blocks, tight=True),)
        case "details", _ if isinstance(blocks[0], b.Term):
            return (b.Details(blocks[0].children, _plain(blocks[1:])),)
    return _plain(blocks)


def _is_well_formed(blocks: b.Blocks) -> bool:
    """Return whether terms and meanings are all there is, each meaning after a term and each term with one."""
    kinds = [type(block) for block in blocks]
    return bool(kinds) and kinds[0] is b.Term and kinds[-1] is b.Meaning and set(kinds) <= {b.Term, b.Meaning}


def _plain(blocks: b.Blocks) -> b.Blocks:
    out: list[b.Block] = []
    for block in blocks:
        match block:
            case b.Term(children):
                out.append(b.Paragraph((b.Strong(children),)))
            case b.Meaning(inside):
                out += inside
            case _:
                out.append(block)
    return tuple(out)
