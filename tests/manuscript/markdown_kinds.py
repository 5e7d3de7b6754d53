"""One of each kind that Markdown has, with a word in it, and the places where a paid span may stand about that word."""

from collections.abc import Callable

from tests.manuscript.strategies import BEGIN, END

WORD = "Zquxvk"
BEFORE, AFTER = "Opening words.", "Closing words."
KINDS = {
    "paragraph": f"One {WORD} two.",
    "strong": f"One **{WORD}** two.",
    "emphasis": f"One *{WORD}* two.",
    "strike": f"One ~~{WORD}~~ two.",
    "highlight": f"One =={WORD}== two.",
    "underline": f"One <u>{WORD}</u> two.",
    "subscript": f"One H~{WORD}~ two.",
    "superscript": f"One x^{WORD}^ two.",
    "tag": f"One <sub>{WORD}</sub> two.",
    "key": f"One <kbd>{WORD}</kbd> two.",
    "break": f"One<br>{WORD}<br/>two.",
    "code": f"One `{WORD}` two.",
    "link": f"One [{WORD}](https://example.com/a) two.",
    "page link": f"One [[Other page|{WORD}]] two.",
    "embed link": f"One ![[Other page|{WORD}]] two.",
    "document link": f"One [{WORD}](other.md#xyzzy) two.",
    "heading": f"## {WORD} {{#named}}",
    "bullets": f"- one\n- {WORD}\n- two",
    "numbers": f"1. one\n2. {WORD}\n3. two",
    "tasks": f"- [ ] one\n- [x] {WORD}\n- [ ] two",
    "quote": f"> one\n> {WORD}\n> two",
    "callout": f"> [!NOTE]\n> {WORD} one",
    "titled callout": f"> [!tip]- {WORD}\n> one",
    "colons": f":::warning Beware\n{WORD} one\n:::",
    "details": f"<details>\n<summary>More</summary>\n\n{WORD} one\n\n</details>",
    "definitions": f"Term\n: {WORD} one\n: two",
    "term": f"{WORD}\n: one",
    "fence": f"```py\none\n{WORD}\n```",
    "table": f"| a | b |\n|---|---|\n| one | {WORD} |\n| three | four |",
    "note": f"One[^1] two.\n\n[^1]: {WORD} one.",
    "long note": f"One[^1] two.\n\n[^1]: One.\n\n    {WORD} two.",
    "inline note": f"One^[{WORD} two] three.",
}


def _hidden(text: str, start: int, stop: int) -> str:
    return f"{text[:start]}{BEGIN}{text[start:stop]}{END}{text[stop:]}"


def _line(text: str, at: int) -> tuple[int, int]:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


# Each takes a text, and where its kind and its word stand in it, as (start, stop).
Place = tuple[int, int]
PLACEMENTS: dict[str, Callable[[str, Place, Place], str]] = {
    "inside the word": lambda text, _kind, word: _hidden(text, word[0] + 1, word[1] - 1),
    "the word": lambda text, _kind, word: _hidden(text, *word),
    "its first character": lambda text, _kind, word: _hidden(text, word[0], word[0] + 1),
    "its last character": lambda text, _kind, word: _hidden(text, word[1] - 1, word[1]),
    "its line": lambda text, _kind, word: _hidden(text, *_line(text, word[0])),
    "across its left edge": lambda text, kind, word: _hidden(text, kind[0], word[0] + 2),
    "across its right edge": lambda text, kind, word: _hidden(text, word[1] - 2, kind[1]),
    "before the word": lambda text, kind, word: _hidden(text, kind[0], word[0]) if kind[0] < word[0] else text,
    "after the word": lambda text, kind, word: _hidden(text, word[1], kind[1]) if word[1] < kind[1] else text,
    "around the kind": lambda text, kind, _word: _hidden(text, *kind),
    "from the paragraph before": lambda text, kind, word: _hidden(text, kind[0] - 8, word[0] + 2),
    "to the paragraph after": lambda text, kind, word: _hidden(text, word[1] - 2, kind[1] + 8),
    "the paragraphs around, too": lambda text, kind, _word: _hidden(text, kind[0] - 8, kind[1] + 8),
    "between this and the next": lambda text, kind, _word: f"{text[: kind[1]]}\n\n{BEGIN}Hidden.{END}{text[kind[1] :]}",
}


def document_with(kinds: list[str], placement: str) -> str:
    """Return a document that holds these kinds, each with a paid span at a place about its word."""
    text = "# Title\n"
    for kind in kinds:
        head, tail = f"\n{BEFORE}\n\n", f"\n\n{AFTER}\n"
        body = KINDS[kind].replace("[^1]", f"[^{kind.replace(' ', '-')}]")
        part = head + body + tail
        start = len(head)
        word = part.index(WORD)
        text += PLACEMENTS[placement](part, (start, start + len(body)), (word, word + len(WORD)))
    return text
