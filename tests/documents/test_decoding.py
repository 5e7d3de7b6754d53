import codecs

import pytest

from webapp.documents.decoding import DecodingError, decode

SIMPLIFIED = "关于全年工作的报告\n按照统一安排，现将有关情况报告如下：我们坚持实事求是，认真核对每一项数据。\n" * 3
TRADITIONAL = "關於全年工作的報告\n按照統一安排，現將有關情況報告如下：我們堅持實事求是，認真核對每一項數據。\n" * 3


@pytest.mark.parametrize(
    ("text", "encoding", "mark"),
    [
        (SIMPLIFIED, "utf-8", b""),
        (SIMPLIFIED, "utf-8", codecs.BOM_UTF8),
        (SIMPLIFIED, "utf-16-le", codecs.BOM_UTF16_LE),
        (SIMPLIFIED, "utf-16-be", codecs.BOM_UTF16_BE),
        (SIMPLIFIED, "utf-16-le", b""),
        (SIMPLIFIED, "utf-16-be", b""),
        (SIMPLIFIED, "utf-32-le", codecs.BOM_UTF32_LE),
        (SIMPLIFIED, "gb18030", b""),
        (TRADITIONAL, "big5", b""),
        (SIMPLIFIED.replace("\n", "\r\n"), "gb18030", b""),
        ("A report in English.\r\nNothing but ASCII.\r\n", "ascii", b""),
        ("短。", "utf-8", b""),
    ],
)
def test_the_text_comes_out_of_its_encoding_unchanged(text, encoding, mark):
    assert decode(mark + text.encode(encoding)).text == text


@pytest.mark.parametrize("data", [b"", b" \n\t", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_says_so(data):
    with pytest.raises(DecodingError) as caught:
        decode(data)
    assert caught.value.code == "empty-file"


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), bytes(1000), b"text \0 and a zero", b"PK\3\4\0\0\0\0"],
)
def test_a_binary_file_says_so(data):
    with pytest.raises(DecodingError) as caught:
        decode(data)
    assert caught.value.code == "binary-file"


def test_a_named_encoding_that_does_not_fit_says_where():
    with pytest.raises(DecodingError) as caught:
        decode("好\n坏".encode() + b"\xff", "utf-8")
    assert (caught.value.code, caught.value.line, caught.value.column) == ("unknown-encoding", 2, 2)


def test_an_encoding_nobody_knows_says_so():
    with pytest.raises(DecodingError, match="no encoding"):
        decode(b"text", "klingon")
    with pytest.raises(DecodingError, match="no encoding"):
        decode(b"text", "undefined")


def test_a_named_encoding_is_believed():
    assert decode(TRADITIONAL.encode("big5"), "big5").text == TRADITIONAL
