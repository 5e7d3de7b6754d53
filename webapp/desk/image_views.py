"""Pictures and attachments of a document that is being written: pasted, dropped or chosen."""

from urllib.parse import unquote

from flask import jsonify, make_response, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from webapp.accounts.activity_log import Activity
from webapp.accounts.permissions import Permission, requires
from webapp.desk.changes import change
from webapp.desk.desk_pages import desk_blueprint
from webapp.documents.attachments import ATTACHMENT_TYPES, Media
from webapp.documents.draft_images import DraftFile, add_draft_file, read_media_file
from webapp.documents.image_records import DraftImage, StoredImage
from webapp.documents.image_store import image_store
from webapp.documents.models import Document
from webapp.documents.staged_files import keeping_files
from webapp.kit import clock
from webapp.kit.current_settings import current_settings
from webapp.kit.errors import InvalidInputError, NotFoundError, PaidspanError
from webapp.kit.http import read_session
from webapp.kit.limits import limited
from webapp.kit.problem_details import problem_response
from webapp.kit.request_costs import fetches_files, largest_body
from webapp.kit.translatable import _

image_pages = desk_blueprint("desk_documents_images", __name__)
LARGEST_FILES = 25_000_000
_LONGEST_WORDS = 1_000
_LATEST = 60


@image_pages.get("/documents/<int:document_id>/images")
@requires(Permission.EDIT)
def list_files(document_id: int) -> str:
    """Show what was put into a document, and take more."""
    return _page(document_id, (), None)


@image_pages.post("/documents/<int:document_id>/images")
@fetches_files
@largest_body(LARGEST_FILES)
@limited()
@requires(Permission.EDIT)
def add_files(document_id: int) -> Response:
    """Take pictures and attachments into a document, and say how its text shows them."""
    _document(document_id)
    as_json = request.accept_mimetypes.best == "application/json"
    try:
        added = _added(document_id)
    except PaidspanError as error:
        if as_json:
            return make_response(problem_response(error), error.status)
        return make_response(_page(document_id, (), error), error.status)
    if not as_json:
        return make_response(_page(document_id, [file for _name, file in added], None))
    told = [
        {"name": name, "address": file.address, "markdown": file.markdown, "is_image": file.is_image}
        for name, file in added
    ]
    return jsonify({"files": told})


def _added(document_id: int) -> list[tuple[str, DraftFile]]:
    """Keep what was sent, all or none of it known to the document."""
    words, now = request.form.get("words", "")[:_LONGEST_WORDS], clock.now()
    sent = [(file.filename or "image.png", file.read()) for file in request.files.getlist("file")]
    if not any(data for _name, data in sent):
        raise InvalidInputError(_("No file was sent."), _("Choose a picture or a file."))
    read: list[tuple[str, Media]] = [(name, read_media_file(name, data)) for name, data in sent if data]
    store = image_store(current_settings())
    with keeping_files(lambda: None):  # what nothing asks for is tidied away
        for _name, media in read:
            store.keep(media)
    added = change(
        lambda session: [
            (name, add_draft_file(session, session.get_one(Document, document_id), name, words, media, now))
            for name, media in read
        ],
        Activity("added files", "document", document_id, after={"files": len(read)}),
    )
    return list(added)


def _document(document_id: int) -> Document:
    document = read_session().get(Document, document_id)
    if document is None:
        raise NotFoundError(_("There is no such document."))
    return document


def _page(document_id: int, added: tuple[DraftFile, ...] | list[DraftFile], error: PaidspanError | None) -> str:
    document = _document(document_id)
    query = select(DraftImage.address, StoredImage).join(StoredImage, StoredImage.hash == DraftImage.hash)
    rows = read_session().execute(
        query.where(DraftImage.document_id == document_id).order_by(DraftImage.created_at.desc()).limit(_LATEST)
    )
    kept = [(unquote(address), f"{stored.hash}.{stored.kind}", stored) for address, stored in rows]
    about = {"document": document, "kinds": ", ".join(ATTACHMENT_TYPES), "attached": set(ATTACHMENT_TYPES)}
    return render_template("desk/images.html", kept=kept, added=added, error=error, **about)
