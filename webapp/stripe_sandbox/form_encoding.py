"""Stripe's way of writing nested values as a form: `line_items[0][price_data][currency]=cny`."""

import re
from urllib.parse import parse_qsl

from webapp.stripe_sandbox.stripe_errors import RefusedError

Raw = str | dict[str, "Raw"]

# "items[0][price]" and "expand[]"; neither "items[0" nor "[0]"
_KEY = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")
# "items", "0" and "price" of "items[0][price]"; "expand" and "" of "expand[]"
_PART = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


def parse_form(encoded: str) -> dict[str, Raw]:
    """Return the tree that a form writes; a list is a branch with the keys "0", "1", "2".

    Raise RefusedError for a key that is none, or for one that is both a value and a branch.
    """
    tree: dict[str, Raw] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        if not _KEY.fullmatch(key):
            raise RefusedError(f"Invalid parameter name: {key}", param=key)
        *branches, leaf = _PART.findall(key)
        node = tree
        for branch in branches:
            node = _grow(node, branch, key)
        _hang(node, leaf, value, key)
    return tree


def _grow(node: dict[str, Raw], branch: str, key: str) -> dict[str, Raw]:
    grown = node.setdefault(branch or str(len(node)), {})
    if not isinstance(grown, dict):
        raise RefusedError(f"Invalid parameter: {key} is given as a value and as a hash", param=key)
    return grown


def _hang(node: dict[str, Raw], leaf: str, value: str, key: str) -> None:
    leaf = leaf or str(len(node))
    if leaf in node:
        raise RefusedError(f"Invalid parameter: {key} is given twice", param=key)
    node[leaf] = value
