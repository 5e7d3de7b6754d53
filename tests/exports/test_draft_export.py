"""What nobody published yet is taken along as well."""

from tests.factories.file_stores import files_of
from webapp.accounts.models import Role
from webapp.documents.drafts import NewText, create_draft
from webapp.documents.image_store import ImageStore
from webapp.exports.manuscript_export import ManuscriptExport
from webapp.kit import clock


def test_a_document_that_is_nothing_but_a_draft_is_exported(database, people, instance):
    mei = people.reader("mei@example.com", Role.EDITOR)
    new = NewText("公开。\n##paidbegin##付费。##paidend##\n", 0, title="新题")
    database.write(lambda session: create_draft(session, new, mei.id, clock.now()))
    with database.reading() as session:
        ((file,),) = ManuscriptExport(session, ImageStore(files_of(instance))).files()
    assert file.name == "新题.md"
    assert "draft: true" in file.data.decode()
    assert "##paidbegin##付费。##paidend##" in file.data.decode()
