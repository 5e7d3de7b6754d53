"""Which elements of a page its readers do not see."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_NOTHING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|"
    r"(?:font-size|opacity)\s*:\s*0+(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:!|;|$)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# @media print {.x {display: none}}: what is said for some readers alone
_SOME = re.compile(r"@(?:media|supports|container|page|keyframes)[^{]*+\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\}")
_RULE = re.compile(r"([^{}]++)\{([^{}]*+)\}")
_MOST_RULES = 500
# WeChat hides an article until its script has run; this is the article.
_SHOWN_BY_SCRIPT = "js_content"


def is_hidden(node: LexborNode) -> bool:
    """Return whether an element itself says that it is not shown."""
    attributes = node.attributes
    if "hidden" in attributes or (node.tag == "dialog" and "open" not in attributes):
        return True
    style = attributes.get("style")
    return bool(style and _NOTHING.search(style)) and attributes.get("id") != _SHOWN_BY_SCRIPT


def hidden_by_sheets(page: LexborHTMLParser) -> set[int]:
    """Return the identities of the elements that the page's own style sheets hide."""
    sheets = "\n".join(sheet.text() for sheet in page.css("style"))
    rules = _RULE.findall(_SOME.sub("", _COMMENT.sub("", sheets)))
    selectors = [selector.strip() for selector, said in rules if _NOTHING.search(said)]
    hidden: set[int] = set()
    for selector in selectors[:_MOST_RULES]:
        try:
            found = page.css(selector)
        except (SelectolaxError, ValueError):
            continue  # a selector that this library does not know
        hidden |= {node.mem_id for node in found if node.attributes.get("id") != _SHOWN_BY_SCRIPT}
    return hidden
