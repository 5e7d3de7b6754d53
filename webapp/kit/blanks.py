"""What stands in a page where a word is filled in later (kit/form_letters.py)."""

from typing import NoReturn

BEGIN, END = "\ue000", "\ue001"  # for private use, which neither escaping nor quoting touches
TEXT, PATH, QUERY = "text", "path", "query"


class Blank:
    """Stands for a word: it can be written, into an address as well, and nothing else; no make-up hangs on it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def mark(self, way: str) -> str:
        """Return what stands in the page: the word's name, and in which way it is to be written."""
        return f"{BEGIN}{self.name} {way}{END}"

    def __html__(self) -> str:
        return self.mark(TEXT)

    def _refuse(self, *_others: object) -> NoReturn:
        raise TypeError(f"the make-up of a page cannot hang on its {self.name}")

    __str__ = __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __format__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __add__ = __radd__ = __mod__ = _refuse
