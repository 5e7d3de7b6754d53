"""Who sees a picture: everybody, who reads the edition that shows it, or nobody."""

import pytest

from tests.factories.images import picture
from webapp.access.open_image import ImageAudience, open_image
from webapp.access.policy import Standing
from webapp.billing.models import GrantSource, HeldGrant
from webapp.documents.image_encoding import encode_image
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.errors import NotFoundError

HASHES = {colour: encode_image(picture(colour)).file.name.partition(".")[0] for colour in ("red", "blue", "green")}
TEXT = (
    "# Essay\n\n![A](red.png)\n\n##paidbegin##\n![B](blue.png)\n##paidend##\n\nBetween.\n\n"
    "##paidbegin##\n![C](green.png)\n##paidend##\n"
)


@pytest.fixture
def essay(shelf):
    for colour in HASHES:
        (shelf.folder / f"{colour}.png").write_bytes(picture(colour))
    return shelf.put(TEXT, "essay.md")


def standing(document_id: int | None, source: GrantSource) -> Standing:
    now = clock.now()
    return Standing(grants=(HeldGrant(source=source, document_id=document_id, starts_at=now, ends_at=None),))


@pytest.fixture
def audience(database, essay):
    """Return for whom a picture of a colour is, where who asks has a standing; None where there is none for them."""

    def asked(colour: str, held: Standing | None) -> ImageAudience | None:
        with database.reading() as session:
            try:
                return open_image(session, HASHES[colour], lambda: held, clock.now())
            except NotFoundError:
                return None

    return asked


def test_a_picture_is_for_who_reads_the_edition_that_shows_it(audience, essay):
    bought = standing(essay.id, GrantSource.DOCUMENT)
    another = standing(essay.id + 1, GrantSource.DOCUMENT)
    for held in (None, another, bought):
        assert audience("red", held) is ImageAudience.EVERYBODY
    for colour in ("blue", "green"):
        assert [audience(colour, held) for held in (None, another, bought)] == [None, None, ImageAudience.READER]


def test_what_is_withdrawn_stays_with_who_bought_it(audience, essay, database):
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, essay.slug), clock.now())
    bought, subscribed = standing(essay.id, GrantSource.DOCUMENT), standing(None, GrantSource.SUBSCRIPTION)
    for colour in HASHES:
        assert [audience(colour, held) for held in (None, subscribed, bought)] == [None, None, ImageAudience.READER]


def test_a_picture_of_two_documents_is_for_the_readers_of_either(audience, essay, shelf):
    other = shelf.put("# Other\n\nWords.\n\n##paidbegin##\n![B](blue.png)\n##paidend##\n", "other.md")
    held = [standing(id_, GrantSource.DOCUMENT) for id_ in (essay.id, other.id, other.id + 1)]
    assert [audience("blue", each) for each in held] == [ImageAudience.READER, ImageAudience.READER, None]
    assert [audience("green", each) for each in held] == [ImageAudience.READER, None, None]
