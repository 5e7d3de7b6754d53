"""A document's life without a script: written, mended where it is wrong, looked at, proofed, published, withdrawn."""

from tests.factories.people import PASSWORD
from tests.journeys.readers import say, sign_in, somebody

TEXT = "仓储试写\n公开的一句，说明范围。\n首要政##paidbegin##策建议只给付费读者。\n"


def test_a_document_is_written_and_published_without_a_script(plain, opened, server):
    email = somebody()
    server.run("user", "add", email, "--role", "editor", "--password-stdin", given=PASSWORD)
    sign_in(plain, email)
    plain.goto("/desk/documents")
    plain.get_by_role("link", name=say("New document")).click()
    plain.get_by_label(say("plain text")).check()
    plain.fill("#source", TEXT)
    plain.get_by_role("button", name=say("Make a draft of it")).click()
    finding = plain.locator(".finding--error")
    assert finding.locator(".finding__place").inner_text() == "3:4"
    plain.fill("#source", plain.input_value("#source") + "##paidend##\n尾声。\n")
    plain.get_by_role("button", name=say("Save"), exact=True).click()
    assert finding.count() == 0

    for side, is_shown in (("As a visitor", False), ("As a subscriber", True)):
        plain.get_by_role("link", name=say(side)).click()
        assert ("策建议只给付费读者" in plain.inner_text("article")) is is_shown
    plain.get_by_role("link", name=say("Editor"), exact=True).click()
    plain.get_by_role("button", name=say("Publish…")).click()
    assert say("The paid text stands nowhere public in this library.") in plain.inner_text("main")
    plain.get_by_role("button", name=say("Publish now")).click()

    visitor = opened(java_script_enabled=False)
    visitor.goto("/d/仓储试写")
    assert "尾声" in visitor.inner_text("article")
    assert "策建议只给付费读者" not in visitor.inner_text("article")

    plain.get_by_role("button", name=say("Withdraw…")).click()
    plain.get_by_role("button", name=say("Withdraw it")).click()
    assert visitor.reload().status == 410
