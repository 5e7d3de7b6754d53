"""Leaks of pictures and attachments by their own addresses."""

from flask import request

from tests.surface.mutants.planting import leak, replaced
from webapp.access.open_image import ImageAudience
from webapp.documents import publishing
from webapp.documents.attachments import ATTACHMENT_TYPES
from webapp.documents.full_editions import FullEdition, documents_showing
from webapp.kit.errors import NotFoundError, NotSignedInError
from webapp.reading import views


@leak("reading.image")
def a_picture_by_its_direct_address(patch):
    """Who knows the address of a picture is given it, whoever reads."""
    replaced(patch, views, "open_image", lambda _right: lambda *_: ImageAudience.EVERYBODY)


@leak("reading.image")
def a_picture_that_there_is_but_not_for_you(patch):
    """To who may not see a picture it is said that they may not, instead of that there is none."""

    def wrong(right):
        def open_image(session, hash_, asker, now):
            try:
                return right(session, hash_, asker, now)
            except NotFoundError:
                if documents_showing(session, hash_):
                    raise NotSignedInError from None
                raise

        return open_image

    replaced(patch, views, "open_image", wrong)


@leak("reading.image")
def a_picture_that_is_still_the_same(patch):
    """Whether a picture is still the same is answered before anybody asks who may see it."""

    def wrong(right):
        def open_image(session, hash_, asker, now):
            if "If-None-Match" in request.headers and documents_showing(session, hash_):
                return ImageAudience.READER
            return right(session, hash_, asker, now)

        return open_image

    replaced(patch, views, "open_image", wrong)


@leak("reading.image")
def an_attachment_by_its_direct_address(patch):
    """Pictures are guarded, and what can be saved is given to who knows its address."""

    def wrong(right):
        def open_image(session, hash_, asker, now):
            if request.path.rpartition(".")[2] in ATTACHMENT_TYPES:
                return ImageAudience.EVERYBODY
            return right(session, hash_, asker, now)

        return open_image

    replaced(patch, views, "open_image", wrong)


@leak("reading.image", written=True)
def what_the_full_text_shows_noted_for_everybody(patch):
    """The files that stand behind a gate are noted as those of the public edition, too."""

    def wrong(right):
        def store_shown_images(session, edition, names):
            right(session, edition, names)
            if isinstance(edition, FullEdition):
                public = session.get(publishing.PublicEdition, edition.document_id)
                right(session, public, names)

        return store_shown_images

    replaced(patch, publishing, "store_shown_images", wrong)
