"""Texts of ours in the encodings that can hold them: read right or refused with a name, and never as something else."""

import re
import time

import pytest

from tests.documents.texts.corpus import ENCODINGS, SHORT, long_texts, short_texts
from webapp.documents.decoding import DecodingError, decode, is_encoding
from webapp.documents.legacy_encodings import SUPERSETS

RECOGNISED = {
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030", "gbk",
    "gb2312", "big5", "shift_jis", "euc-jp", "euc-kr", "windows-1252", "windows-1251", "koi8-r", "iso2022_jp", "hz",
}  # fmt: skip
IN_THEIR_OWN = {
    "gb18030": {"zh"}, "gbk": {"zh"}, "gb2312": {"zh"}, "big5": {"zh-Hant"}, "shift_jis": {"ja"}, "euc-jp": {"ja"},
    "euc-kr": {"ko"}, "windows-1252": {"de", "fr", "es", "pt", "sv", "it"}, "windows-1251": {"ru"}, "koi8-r": {"ru"},
}  # fmt: skip
OTHERS = {
    "windows-1250": "Mgła nad rzeką\n\nPrzed świtem nad rzeką unosiła się biała mgła. Łódź jeszcze nie przypłynęła.",
    "iso-8859-2": "Mlha nad řekou\n\nPřed úsvitem ležela nad řekou bílá mlha, převozník mlčel a kůň pěl.",
    "cp852": "Mgła nad rzeką\n\nPrzed świtem nad rzeką unosiła się biała mgła. Łódź jeszcze nie przypłynęła.",
    "windows-1254": "Nehrin üzerindeki sis\n\nŞafaktan önce beyaz bir sis vardı, kayıkçı ağır ağır bekliyordu.",
    "windows-1253": "Η ομίχλη στο ποτάμι\n\nΠριν ξημερώσει, μια λευκή ομίχλη σκέπαζε το ποτάμι.",
    "cp737": "Η ομίχλη στο ποτάμι\n\nΠριν ξημερώσει, μια λευκή ομίχλη σκέπαζε το ποτάμι.",
    "windows-1255": "ערפל מעל הנהר\n\nלפני עלות השחר עמד ערפל לבן מעל הנהר. המעבורת עוד לא הגיעה.",
    "cp862": "ערפל מעל הנהר\n\nלפני עלות השחר עמד ערפל לבן מעל הנהר. המעבורת עוד לא הגיעה.",
    "windows-1256": "الضباب فوق النهر\n\nقبل الفجر كان ضباب أبيض يغطي النهر، ولم يقل صاحب القارب شيئا.",
    "iso-8859-6": "الضباب فوق النهر\n\nقبل الفجر كان ضباب أبيض يغطي النهر، ولم يقل صاحب القارب شيئا.",
    "tis-620": "หมอกเหนือแม่น้ำ\n\nก่อนรุ่งสาง หมอกสีขาวปกคลุมแม่น้ำ คนแจวเรือไม่พูดอะไรเลย",
    "windows-1257": "Rūkas virš upės\n\nPrieš aušrą virš upės kybojo baltas rūkas. Keltininkas tylėjo.",
    "cp1125": "Туман над річкою\n\nПеред світанком над річкою стояв білий туман. Її човен ще не прийшов.",
    "mac_cyrillic": "Мъгла над реката\n\nПреди разсъмване над реката стоеше бяла мъгла. Лодкарят мълчеше.",
}


def encoded(texts, encoding):
    """Yield each text that an encoding can hold: its language, itself and its bytes."""
    for (language, _title, _body), text in zip(SHORT, texts, strict=True):
        try:
            data = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        if data.decode(encoding) == text:
            yield language, text, data


def read(data):
    """Return the text that is read, None where the bytes are refused with the names of what they may be."""
    try:
        return decode(data).text
    except DecodingError as refused:
        error = refused
    assert error.code == "unknown-encoding"
    named = re.findall(r"--encoding ([\w-]+)", error.args[0].values["named"])
    assert len(named) == 2
    assert set(named) <= set(SUPERSETS) | {"utf-16-le", "utf-16-be"}
    return None


def test_there_are_forty_texts_short_and_long():
    assert len(short_texts()) == len(set(short_texts())) == 40
    assert all(len(text) > 3 * len(short) for text, short in zip(long_texts(), short_texts(), strict=True))


@pytest.mark.parametrize("texts", [short_texts(), long_texts()], ids=["short", "long"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_text_is_ever_read_as_another(encoding, texts):
    tried = list(encoded(texts, encoding))
    assert tried
    for language, text, data in tried:
        got = read(data)
        assert got in (text, None), f"{language} in {encoding}: {got[:60]}"
        if encoding in RECOGNISED and language in IN_THEIR_OWN.get(encoding, {language}):
            assert got == text, f"{language} in {encoding} is refused: {text[:30]}"


@pytest.mark.parametrize("encoding", OTHERS)
def test_what_else_there_is_is_never_read_as_another(encoding):
    text = OTHERS[encoding]
    assert read(text.encode(encoding)) in (text, None)


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis", "euc-kr", "windows-1251", "windows-1252"])
def test_six_megabytes_are_judged_by_a_sample(encoding):
    _language, text, data = next(row for row in encoded(long_texts(), encoding) if row[0] in IN_THEIR_OWN[encoding])
    times = 6_000_000 // len(data) + 1
    begun = time.process_time()
    decoded = decode(data * times)
    assert decoded.text == text * times
    assert time.process_time() - begun < 3, "a tenth of this is usual"


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "undefined", "", "\N{SNOWMAN}"])
def test_what_is_no_encoding_of_texts_is_told_from_what_is_one(name):
    assert not is_encoding(name)


@pytest.mark.parametrize("name", ["utf-8", "UTF-16", "utf-32", "Shift_JIS", "latin-1", "gbk", "big5", "cp932"])
def test_usual_names_are_known(name):
    assert is_encoding(name)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [("shift_jis", b"\x87\x40", "①"), ("gb2312", "喆".encode("gbk"), "喆"), ("euc-kr", b"\x81\x41", "갂"),
     ("latin-1", b"\x93ja\x94", "“ja”"), ("big5", "啲".encode("big5hkscs"), "啲")],
)  # fmt: skip
def test_a_name_stands_for_the_largest_set_that_bears_it(name, data, text):
    assert decode(data, name).text == text
