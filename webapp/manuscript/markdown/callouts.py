"""Remarks set apart: GitHub's five kinds, and those that Obsidian and others know, as one of the five."""

import re
from dataclasses import replace

from webapp.manuscript.block_walk import mapped
from webapp.manuscript.blocks import Block, Blocks, Callout, Details, LineBreak, Paragraph, Run, SoftBreak, Text
from webapp.manuscript.inline_runs import divided, trimmed
from webapp.manuscript.redact import PassageEnd, PassageStart

# Of each word: the kind, and what stands above the remark where its author gave it no title, in English and in Chinese.
_WORDS = {
    "note": ("note", "Note", "注"),
    "info": ("note", "Info", "信息"),
    "abstract": ("note", "Abstract", "摘要"),
    "summary": ("note", "Summary", "摘要"),
    "tldr": ("note", "In short", "摘要"),
    "todo": ("note", "To do", "待办"),
    "example": ("note", "Example", "示例"),
    "quote": ("note", "Quote", "引用"),
    "cite": ("note", "Quote", "引用"),
    "tip": ("tip", "Tip", "提示"),
    "hint": ("tip", "Hint", "提示"),
    "success": ("tip", "Success", "成功"),
    "check": ("tip", "Success", "成功"),
    "done": ("tip", "Done", "完成"),
    "important": ("important", "Important", "重要"),
    "question": ("important", "Question", "问题"),
    "help": ("important", "Help", "帮助"),
    "faq": ("important", "FAQ", "常见问题"),
    "warning": ("warning", "Warning", "警告"),
    "attention": ("warning", "Attention", "注意"),
    "caution": ("caution", "Caution", "当心"),
    "danger": ("caution", "Danger", "危险"),
    "error": ("caution", "Error", "错误"),
    "failure": ("caution", "Failure", "失败"),
    "fail": ("caution", "Failure", "失败"),
    "missing": ("caution", "Missing", "缺失"),
    "bug": ("caution", "Bug", "缺陷"),
}
CALLOUT_KINDS = frozenset(_WORDS)
_DETAILS = "Details", "详情"
_MARK = re.compile(r"\[!([A-Za-z]+)\]([+-]?)[ \t]*")
_FOLDS = {"": "", "+": "open", "-": "closed"}


def default_title(word: str) -> str:
    """Return what stands for a remark's title until its language is known."""
    return f"[!{word}]"


def is_default_title(word: str, title: Run) -> bool:
    """Return whether a remark that is called by a word would have this title if its author gave it none."""
    return title in {(Text(shown),) for shown in _WORDS[word][1:]}


def callout(word: str, title: Run, blocks: Blocks, fold: str = "", line: int = 0) -> Callout:
    """Return a remark that its author called by a word."""
    return Callout(_WORDS[word][0], title or (Text(default_title(word)),), blocks, fold, line)


def quoted_callout(blocks: Blocks, line: int) -> Callout | None:
    """Return a quote as the remark that its first line says it is, None where it says so of none."""
    match blocks:
        case (Paragraph(run) as first, *rest):
            anchors = [node for node in run if isinstance(node, PassageStart | PassageEnd)]
            words = run[next((place for place, node in enumerate(run) if node not in anchors), 0) :]
        case _:
            return None
    found = _MARK.match(words[0].text) if words and isinstance(words[0], Text) else None
    if not found or found[1].lower() not in CALLOUT_KINDS:
        return None
    left = (Text(words[0].text[found.end() :]), *words[1:]) if isinstance(words[0], Text) else ()
    (title, *lines), between = divided(left, (SoftBreak, LineBreak))
    kept = tuple(node for joint, piece in zip([(), *between[1:]], lines, strict=False) for node in _after(joint, piece))
    moved = run[: len(run) - len(words)]
    body = ((replace(first, children=(*moved, *kept)),) if kept else ()) + tuple(rest)
    title = trimmed(title if kept else (*moved, *title))
    return callout(found[1].lower(), title, body, _FOLDS[found[2]], line)


def _after(joint: object, piece: Run) -> Run:
    return (joint, *piece) if isinstance(joint, SoftBreak | LineBreak) else piece


def titled(blocks: Blocks, language: str) -> Blocks:
    """Return the blocks with a title in their language where the author gave a remark none."""
    chinese = language.startswith("zh")
    titles = {(Text(default_title(word)),): (Text(names[1 + chinese]),) for word, names in _WORDS.items()}

    def changed(block: Block) -> Block:
        match block:
            case Callout(title=title) if title in titles:
                return replace(block, title=titles[title])
            case Details(summary=()):
                return replace(block, summary=(Text(_DETAILS[chinese]),))
            case _:
                return block

    return mapped(blocks, changed)
