"""The page of search."""

from flask import Blueprint, render_template, request

from webapp.access.current import standing_here
from webapp.accounts.permissions import public
from webapp.kit import clock
from webapp.kit.http import reading
from webapp.kit.page_caching import cacheable
from webapp.search.results import Place, results_for
from webapp.search.tokenizer import parse

search = Blueprint("search", __name__)


@search.get("/search")
@public
@cacheable("q", "after")
def results() -> str:
    """Show what a query finds for who asks."""
    query = parse(request.args.get("q", ""))
    found = results_for(reading(), query, standing_here(), clock.now(), Place(after=request.args.get("after")))
    return render_template("search/search.html", found=found)
