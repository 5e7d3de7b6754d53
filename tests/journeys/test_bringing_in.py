"""Files are brought in at the desk: by mouse with a script, and without one; a Word file and a text in GBK."""

import io
import re
import zipfile
from base64 import b64encode

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from tests.factories.images import picture
from tests.factories.word_files import paragraph, word_file
from tests.journeys.readers import press, say, sign_up
from webapp.accounts.models import Reader, Role
from webapp.kit import randomness
from webapp.kit.database import Database
from webapp.settings import load_settings

WAITING = 60_000


@pytest.fixture
def named():
    return f"周转报告{randomness.token(3)}"


def upload_of(title: str) -> list[dict[str, object]]:
    text = f"{title}\n\n本报告汇总全年的入库与出库情况，供订阅读者参考。\n##paidbegin##付费的一段。##paidend##\n"
    pages = io.BytesIO()
    with zipfile.ZipFile(pages, "w") as archive:
        archive.writestr(f"more/{title}.md", f"# {title}三\n\n![图](../missing.png) 正文。\n")
        archive.writestr("../../climbs.md", "# x\n")
    word = word_file(paragraph(f"{title}二", style="Title"), paragraph("公开。##paidbegin##付费。##paidend##"))
    files = {f"{title}.txt": text.encode("gb18030"), f"{title}.docx": word, f"{title}.zip": pages.getvalue()}
    return [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files.items()]


def become_editor(page, server) -> None:
    email = sign_up(page)
    database = Database(load_settings(instance=server.instance).database)
    database.write(
        lambda session: session.execute(update(Reader).where(Reader.email == email).values(role=Role.EDITOR))
    )
    database.close()


@pytest.mark.parametrize("scripted", [True, False])
def test_files_are_looked_at_in_their_encodings_and_brought_in(scripted, opened, server, named):
    page = opened(java_script_enabled=scripted)
    become_editor(page, server)
    page.goto("/desk/documents")
    page.get_by_role("link", name=say("Bring in"), exact=True).first.click()
    page.set_input_files("#files", upload_of(named))
    press(page, "Look at them")
    text = page.locator("article.reviewed", has_text=f"{named}.txt")
    shown = text.locator(".source-lines").get_by_text("入库与出库")
    shown.wait_for()
    text.get_by_role("radio").nth(1).check()
    if not scripted:
        text.get_by_role("button", name=say("Read it so")).click()
    shown.wait_for(state="detached")
    text.get_by_role("radio", name="gb18030").check()
    if not scripted:
        text.get_by_role("button", name=say("Read it so")).click()
    shown.wait_for()
    assert say("This name leads out of the archive; what it is of is not read.") in page.inner_text("main")
    page.get_by_label(say("Publish at once; without this they become drafts")).check()
    page.locator("main form.import-choices button").click()
    page.wait_for_selector("[data-import-progress=over]", timeout=WAITING)
    told = page.locator("tbody tr")
    assert told.count() == 4
    assert told.filter(has_text=say("added")).count() == 3
    page.get_by_role("link", name=f"{named}.docx").click()
    assert "付费。" in page.input_value("textarea[name=source]")


PASTE = """async (data) => {
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "image.png", { type: "image/png" }));
  const source = document.querySelector("textarea[name=source]");
  source.focus();
  source.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""


def test_a_picture_that_is_pasted_is_asked_about_and_shown_by_the_text(page, server, named):
    become_editor(page, server)
    page.goto("/desk/documents/new")
    page.fill("#source", f"# {named}\n\n")
    press(page, "Make a draft of it")
    page.locator("textarea[name=source]").press("Control+End")
    page.evaluate(PASTE, b64encode(picture(size=(40, 30))).decode())
    page.fill("#image-words", "港口")
    page.get_by_role("button", name=say("Put it in")).click()
    expect(page.locator("textarea[name=source]")).to_have_value(re.compile(r"!\[港口\]\("))
    press(page, "Save")
    page.goto(f"{page.url.partition('?')[0]}/visitor")
    assert page.locator("article img[alt='港口']").evaluate("image => image.naturalWidth") == 40
