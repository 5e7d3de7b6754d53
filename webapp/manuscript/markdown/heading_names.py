"""The step of the Markdown parser between blocks and inlines that reads the names which an author gives to headings."""

import re

from markdown_it.rules_core import StateCore

NAME = "name"  # where a heading's opening token has it
# " {#costs .wide}" of: ## Costs {#costs .wide}; nothing of: ## Costs \{#costs}
_ATTRIBUTES = re.compile(r"\s*(?<!\\)\{((?:\s*(?:[#.][\w:.-]+|[\w-]+=[\w-]+|-(?=[\s}])))+)\s*\}$")


def name_headings(state: StateCore) -> None:
    """Take the attributes from the ends of headings that have words besides."""
    for opening, inline in zip(state.tokens, state.tokens[1:], strict=False):
        found = _ATTRIBUTES.search(inline.content) if opening.type == "heading_open" else None
        if found and inline.content[: found.start()].strip():
            inline.content = inline.content[: found.start()]
            ids = [word[1:] for word in found[1].split() if word.startswith("#")]
            opening.meta = {NAME: ids[-1] if ids else ""}
