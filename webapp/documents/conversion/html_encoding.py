"""The text of a web page: which encoding it is in, as HTML says it, else as with any other file."""

import re

from webapp.documents.decoding import Decoded, DecodingError, decode

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# gb2312 of: <meta charset="gb2312"> and <meta http-equiv="Content-Type" content="text/html; charset=gb2312">
_META = re.compile(rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]+)""", re.IGNORECASE)
_LOOKED_AT = 4096
# The WHATWG's Encoding Standard, 4.2: what these labels mean is more than their names say.
_LABELS = {
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80", "chinese", "csgb2312"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean", "ksc5601"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "latin1", "ascii", "us-ascii", "iso8859-1"), "cp1252"),
    # A page whose meta element was read as ASCII is in neither.
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be", "unicode"), "utf-8"),
}


def decode_html(data: bytes, encoding: str = "auto", *, replace: bool = False) -> Decoded:
    """Return the text of a page; raise DecodingError."""
    if encoding == "auto" and not data.startswith(_BOMS) and (declared := _META.search(data[:_LOOKED_AT])):
        label = declared[1].decode("ascii").lower()
        try:
            return decode(data, _LABELS.get(label, label))
        except DecodingError:
            pass  # the page was saved in another encoding since
    return decode(data, encoding, replace=replace)
