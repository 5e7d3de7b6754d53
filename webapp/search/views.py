"""The page of search."""

from flask import Blueprint, render_template, request

from webapp.access.current_standing import current_standing
from webapp.accounts.permissions import public
from webapp.kit import clock
from webapp.kit.cacheable import cacheable
from webapp.kit.http import read_session
from webapp.kit.limits import limited
from webapp.kit.request_costs import searches
from webapp.search.results import ResultLink, results_for
from webapp.search.tokenizer import parse_query

search_pages = Blueprint("search", __name__)


@search_pages.get("/search")
@public
@cacheable("q", "after")
@limited()
@searches
def results() -> str:
    """Show what a query finds for who asks."""
    query = parse_query(request.args.get("q", ""))
    found = results_for(
        read_session(), query, current_standing(), clock.now(), ResultLink(after=request.args.get("after"))
    )
    return render_template("search/search.html", found=found)
