"""Files that failed once, by the names under which they were reported."""

from pathlib import Path

import pytest

from webapp.documents.decoding import DecodingError, decode

HERE = Path(__file__).parent


def bytes_of(name):
    return (HERE / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "encoding", "begins"),
    [
        ("01-shift-jis.txt", "shift_jis", "川面の霧\n"),
        ("02-latin1-german.txt", "windows-1252", "Jahresbericht der Gesellschaft für Gewässerschutz\n"),
        ("03-euc-kr.txt", "euc-kr", "강변의 안개\n"),
    ],
)
def test_a_legacy_encoding_that_is_certain_is_read(name, encoding, begins):
    decoded = decode(bytes_of(name))
    assert decoded.encoding == encoding
    assert decoded.text.startswith(begins)


@pytest.mark.parametrize(
    ("name", "place"),
    [("04-utf8-one-bad-byte.txt", (2, 6)), ("05b-utf8-mixed-latin1.md", (3, 8))],
)
def test_a_bad_byte_in_utf_8_is_told_with_its_place(name, place):
    with pytest.raises(DecodingError, match="no UTF-8, and the rest of the file is") as caught:
        decode(bytes_of(name))
    assert (caught.value.line, caught.value.column) == place


def test_a_file_cut_within_its_last_character_says_so():
    with pytest.raises(DecodingError, match="ends in the middle of a character") as caught:
        decode(bytes_of("05-utf8-cut-at-end.txt"))
    assert (caught.value.line, caught.value.column) == (2, 67)


@pytest.mark.parametrize("name", ["04-utf8-one-bad-byte.txt", "05-utf8-cut-at-end.txt", "05b-utf8-mixed-latin1.md"])
@pytest.mark.parametrize("encoding", ["auto", "utf-8"])
def test_damaged_utf_8_is_told_alike_whether_named_or_not(name, encoding):
    with pytest.raises(DecodingError, match="--encoding utf-8 --replace"):
        decode(bytes_of(name), encoding)


@pytest.mark.parametrize("name", ["04-utf8-one-bad-byte.txt", "05-utf8-cut-at-end.txt", "05b-utf8-mixed-latin1.md"])
def test_replacing_reads_the_rest_and_counts(name):
    decoded = decode(bytes_of(name), "utf-8", replace=True)
    assert decoded.replaced == decoded.text.count("�") == 1
