"""The line at the head of a download that has lost its markers, by which import knows one."""

import re

_NAME = "[paidspan download]"
_HEAD_LENGTH = 2000  # an editor may have put something before it
# As an editor may have kept it: > \[paidspan download\]: <https://example.org/d/report> "…"
_NOTICE = re.compile(r"(?im)^[^\w\n]*\[paidspan download\\?\][^\r\n]*")


def text_notice(sentence: str) -> str:
    """Return what a text file begins with."""
    return f"{_NAME} {sentence}\n\n"


def markdown_notice(sentence: str, address: str) -> str:
    """Return what a Markdown file begins with: the definition of a link, which no reader of Markdown shows."""
    return f'{_NAME}: <{address}> "{sentence}"\n\n'


def is_download(text: str) -> bool:
    """Return whether a text says at its head that it is a download."""
    return bool(_NOTICE.search(text, 0, _HEAD_LENGTH))


def without_notice(text: str) -> str:
    """Return a text without that line, its place left empty."""
    return _NOTICE.sub("", text[:_HEAD_LENGTH], count=1) + text[_HEAD_LENGTH:]
