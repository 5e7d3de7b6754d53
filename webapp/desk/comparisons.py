"""Two sources compared, for any page of the desk: the macro of components/comparison.html shows what this returns.

How it is shown stands in the address:

    ?view=side   beside each other; ?view=one as one text
    ?whole=1     with all that is the same
    ?page=2      where there are many changes
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from webapp.manuscript.comparison import compare_sources
from webapp.manuscript.comparison_rows import ComparisonPage, comparison_page

_SIDE, _ONE = "side", "one"
LARGEST_PAGE = 9_999


@dataclass(frozen=True, slots=True)
class ShownComparison:
    """A page of a comparison, and how it is shown."""

    page: ComparisonPage
    is_side: bool
    is_whole: bool

    def address(self, **changed: str) -> str:
        """Return the address of the same comparison shown in another way."""
        kept = {name: value for name, value in request.args.items() if name != "page"}
        return "?" + urlencode({name: value for name, value in (kept | changed).items() if value})


def show_comparison(before: str, after: str, *, side: bool = False, whole: bool = False) -> ShownComparison:
    """Compare two sources as the address asks for; `side`: beside each other where it asks for nothing."""
    view = request.args.get("view", _SIDE if side else _ONE)
    whole = whole or request.args.get("whole") == "1"
    number = request.args.get("page", 1, type=int)
    page = comparison_page(compare_sources(before, after), min(number, LARGEST_PAGE), whole=whole)
    return ShownComparison(page, view == _SIDE, whole)
