"""What the buttons do to a text, on hundreds of texts: read by what publishes, after them no word is more public."""

from itertools import islice
from unicodedata import category

import pytest

from tests.journeys.editor.written_texts import Written, written_texts
from webapp.manuscript.marker_language.character_folding import IGNORED, SPACE, sketch

EDITS = ("lock", "unlock", "bold", "heading", "list", "link", "image", "footnote", "pageBreak", "table")
RUN = "([name, texts]) => texts.map((each) => made[name](...each, ['head', 'cell']))"
NOTHING_DONE = {"changes": []}


def does(functions, name: str, texts: list[Written]) -> list[dict]:
    edits = functions.evaluate(RUN, [name, [each.asked() for each in texts]])
    return [edit or NOTHING_DONE | {"select": each.asked()[1:]} for edit, each in zip(edits, texts, strict=True)]


def is_to_be_paid(name: str, text: Written, at: int) -> bool:
    selected = text.selected
    if name == "unlock" and text.start == text.stop:
        spans = [each for each in text.read.spans if each.begin.start < text.start < each.end.stop]
        selected = {at for span in spans for at in range(span.begin.start, span.end.stop)}
    if name == "lock":
        return at in text.paid or at in selected
    return at in text.paid and not (name == "unlock" and at in selected)


def test_spans_are_found_as_what_publishes_finds_them(functions):
    texts = list(islice(written_texts(1), 300))
    found = functions.evaluate("(texts) => texts.map((text) => made.scan(text).spans)", [each.text for each in texts])
    for text, spans in zip(texts, found, strict=True):
        expected = [
            [text.places[at] for at in (span.begin.start, span.begin.stop, span.end.start, span.end.stop)]
            for span in text.read.spans
        ]
        assert [
            [s["begin"]["start"], s["begin"]["stop"], s["end"]["start"], s["end"]["stop"]] for s in spans
        ] == expected


def test_every_character_of_unicode_is_taken_for_the_same_sign(functions):
    codes = [*range(0x20, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x20000), *range(0xE0000, 0xE1000)]
    signs = [chr(code) for code in codes if category(chr(code)) not in {"Cn", "Cs"}]  # as this Python knows them
    classes = sketch("".join(signs))
    wanted = {"1": "pa", "2": "db", "3": "in", "4": "st"}
    gaps = {sign for sign, kind in zip(signs, classes, strict=True) if kind in IGNORED + SPACE}
    kept = {s: wanted.get(k, k) for s, k in zip(signs, classes, strict=True) if k in "1234#$" or k in "paidbegnkr"}
    found = functions.evaluate(
        """(signs) => {
          const kept = {}, gaps = [];
          for (const sign of signs) {
            const kind = made.kindOf(sign);
            if (kind === "gap") gaps.push(sign);
            else if (/^(?:[#$paidbegnkr]|pa|db|in|st)$/.test(kind)) kept[sign] = kind;
          }
          return { kept, gaps };
        }""",
        signs,
    )
    assert set(found["gaps"]) == gaps
    assert found["kept"] == kept


@pytest.mark.parametrize("name", EDITS)
def test_what_is_paid_is_what_was_meant(functions, name):
    texts = list(islice(written_texts(2), 200))
    for text, edit in zip(texts, does(functions, name, texts), strict=True):
        after, origins = text.edited(edit)
        paid = {origins[at] for at in after.paid}
        there = {origin for origin in origins if origin is not None}
        assert after.is_balanced, (text, after.text)
        assert after.near <= text.near, (text, after.text)
        if name in {"lock", "unlock"}:
            assert set(range(len(text.text))) - there <= text.markers, (text, after.text)
        looked_at = there - text.markers - text.cut_units
        for at in looked_at:
            if not text.text[at].isspace():
                assert (at in paid) == is_to_be_paid(name, text, at), (text, after.text, at)


@pytest.mark.parametrize("name", EDITS)
def test_a_text_whose_markers_do_not_pair_keeps_its_words(functions, name):
    texts = list(islice(written_texts(3, balanced=False), 60))
    for text, edit in zip(texts, does(functions, name, texts), strict=True):
        after, _ = text.edited(edit)
        assert after.text.count("报") == text.text.count("报")


# before, what is done, after; ⟦ and ⟧ stand around what is selected, | is the caret
EXAMPLES = [
    ("甲⟦乙⟧丙", "lock", "甲##paidbegin##⟦乙⟧##paidend##丙"),
    ("甲\n⟦乙\n⟧丙", "lock", "甲\n##paidbegin##⟦乙⟧##paidend##\n丙"),
    ("甲|乙", "lock", "甲##paidbegin##|##paidend##乙"),
    ("##paidbegin##甲⟦乙##paidend##丙⟧丁", "lock", "##paidbegin##甲⟦乙丙⟧##paidend##丁"),
    ("⟦甲##paidbegin##乙##paidend##丙##paidbegin##丁⟧戊##paidend##", "lock", "##paidbegin##⟦甲乙丙丁⟧戊##paidend##"),
    ("##paidbegin##甲##paidend##\n\n⟦乙⟧", "lock", "##paidbegin##甲\n\n⟦乙⟧##paidend##"),
    ("$$paidbegin$$甲⟦乙$$paidend$$丙⟧", "lock", "$$paidbegin$$甲⟦乙丙⟧##paidend##"),
    ("甲\\⟦*乙\\⟧*", "lock", "甲##paidbegin##⟦\\*乙\\*⟧##paidend##"),
    ("甲⟦乙\\⟧", "lock", "甲##paidbegin##⟦乙\\⟧\n##paidend##"),
    ("---\ntitle: 甲\n---\n⟦乙⟧", "lock", "---\ntitle: 甲\n---\n##paidbegin##⟦乙⟧##paidend##"),
    ("⟦---\ntitle: 甲\n---\n乙⟧", "lock", "---\ntitle: 甲\n---\n##paidbegin##⟦乙⟧##paidend##"),
    ("甲|乙\n\n丙\n", "lockToEnd", "甲##paidbegin##|乙\n\n丙##paidend##\n"),
    ("##paidbegin##甲|乙##paidend##丙", "lockToEnd", "##paidbegin##甲|乙丙##paidend##"),
    ("##paidbegin##甲⟦乙⟧丙##paidend##", "unlock", "##paidbegin##甲##paidend##⟦乙⟧##paidbegin##丙##paidend##"),
    ("##paidbegin##甲⟦乙##paidend##丙⟧", "unlock", "##paidbegin##甲##paidend##⟦乙丙⟧"),
    (
        "##paidbegin##甲\n\n⟦乙⟧\n\n丙##paidend##",
        "unlock",
        "##paidbegin##甲##paidend##\n\n⟦乙⟧\n\n##paidbegin##丙##paidend##",
    ),
    ("前##paidbegin##甲|乙##paidend##后", "unlock", "前甲|乙后"),
    ("甲##paidbegin##|乙", "unlock", "甲|乙"),
    ("甲|乙", "heading", "## 甲|乙"),
    ("## 甲|", "heading", "### 甲|"),
    ("#### 甲|", "heading", "甲|"),
    ("##paidbegin##甲|##paidend##", "heading", "##paidbegin#### 甲|##paidend##"),
    ("⟦甲\n\n乙⟧", "list", "- ⟦甲\n\n- 乙⟧"),
    ("- ⟦甲\n- 乙⟧", "list", "⟦甲\n乙⟧"),
    ("甲⟦乙 ⟧丙", "bold", "甲**⟦乙** ⟧丙"),
    ("甲**⟦乙⟧**丙", "bold", "甲⟦乙⟧丙"),
    ("- ⟦甲\n- 乙⟧", "bold", "- **⟦甲**\n- **乙⟧**"),
    ("⟦甲##paidbegin##乙⟧##paidend##", "bold", "**⟦甲**##paidbegin##**乙⟧**##paidend##"),
    ("甲|", "bold", "甲**|**"),
    ("甲⟦乙⟧", "link", "甲[乙](⟦https://⟧)"),
    ("⟦https://a.example/⟧", "link", "[|](https://a.example/)"),
    ("甲⟦乙⟧", "image", "甲![乙](|)"),
    ("甲|乙\n\n丙[^4]", "footnote", "甲[^5]乙\n\n[^5]: |\n\n丙[^4]"),
    ("##paidbegin##甲|乙##paidend##丙", "footnote", "##paidbegin##甲[^1]乙\n\n[^1]: |\n\n##paidend##丙"),
    ("甲|乙", "pageBreak", "甲\n\n##pagebreak##|\n\n乙"),
    ("甲|乙\n\n丙", "table", "甲乙\n\n| ⟦head⟧ | head |\n| --- | --- |\n| cell | cell |\n\n丙"),
]


@pytest.mark.parametrize(("before", "name", "after"), EXAMPLES)
def test_an_example(functions, before, name, after):
    edit = functions.evaluate(RUN, [name, [marked(before)]])[0]
    text = marked(before)[0]
    for change in reversed(edit["changes"]):
        text = text[: change["start"]] + change["insert"] + text[change["stop"] :]
    assert [text, *edit["select"]] == marked(after)


def marked(text: str) -> list[object]:
    if "|" in text and "⟦" not in text:
        at = text.replace("| --- |", "").index("|")
        return [text[:at] + text[at + 1 :], at, at]
    start = text.index("⟦")
    return [text.replace("⟦", "").replace("⟧", ""), start, text.index("⟧") - 1]


def test_nothing_is_done_where_there_is_nothing_to_do(functions):
    asked = [
        ("lock", "##paidbegin##⟦甲⟧##paidend##"),
        ("lock", "##paidbegin##|甲##paidend##"),
        ("unlock", "⟦甲⟧"),
        ("unlock", "甲|"),
    ]
    for name, text in asked:
        assert functions.evaluate(RUN, [name, [marked(text)]]) == [None], text
