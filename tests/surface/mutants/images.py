"""Leaks of pictures by their own addresses."""

from flask import request

from tests.surface.mutants.planting import leak, replaced
from webapp.access.open_image import ImageAudience
from webapp.documents.full_editions import documents_showing
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
