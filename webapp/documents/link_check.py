"""Links of a source to other files: those that lead nowhere, or out of what was given."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

from webapp.documents.document_links import document_links, path_from, possible_keys
from webapp.manuscript import Checked, Finding, FindingCode, reveal
from webapp.manuscript.findings import finding
from webapp.manuscript.link_findings import LinkPlaces, shown_excerpt, written_at


def file_link_findings(checked: Checked, key: str, is_known: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield a finding for each link by a path that leads to no source of which `is_known` says there is one.

    What a name in double brackets means is known only when all is there: of those nothing is said.
    """
    manuscript, full = checked.manuscript, checked.full
    links = [each for each in document_links(full.blocks) if not each[1].by_name] if full else []
    if not links:
        return
    places = LinkPlaces(manuscript, checked.fmt, reveal(manuscript))
    for line, link in links:
        path = path_from(key, link.target)
        place = places.find(line, {link.target, quote(link.target)})
        code = FindingCode.LINK_OUTSIDE if path.startswith("..") else FindingCode.DEAD_LINK
        if code is FindingCode.LINK_OUTSIDE or not any(map(is_known, possible_keys(path))):
            yield finding(code, written_at(manuscript, place), shown_excerpt(manuscript, place, link.target))
