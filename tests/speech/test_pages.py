"""No page, problem, feed or mail says a word that is not of the language it speaks."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from tests.speech.hearing import foreign_words, said_in
from tests.speech.town import SCENES, Answer, build_town
from webapp.accounts.models import Role
from webapp.billing.publisher_alerts import SENTENCES
from webapp.billing.reconcile import reconcile_all
from webapp.kit import clock, languages
from webapp.kit.email_queue import Email, QueuedEmail, read_email
from webapp.kit.http import database as database_of
from webapp.kit.templating import email_renderer, template_folder

EMAILS = template_folder() / "email"
LANGUAGES = ("zh-CN", "en")
_REDIRECTS = {301, 303, 308}
READER, PUBLISHER = "reader@example.com", "publisher@example.com"


@pytest.fixture
def town(instance, tmp_path):
    built = build_town(instance, tmp_path)
    built.people.reader(READER)
    built.people.reader(PUBLISHER, Role.PUBLISHER)
    yield built
    with built.app.app_context():
        database_of().close()


def foreign(answers: Iterator[Answer], language: str) -> dict[str, list[str]]:
    """Return what was said in a wrong language, by where."""
    found = {}
    for where, answer in answers:
        if answer.status_code in _REDIRECTS:
            continue  # no browser shows what stands in it
        if wrong := foreign_words(said_in(answer.get_data(), answer.content_type or ""), language):
            found[f"{where} ({answer.status_code})"] = wrong
        answer.close()
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("email", ["", READER, PUBLISHER])
def test_every_route_speaks_one_language(town, language, email):
    assert foreign(town.walk(language, email), language) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_speaks_one_language(town, language, scene):
    assert foreign(scene(town, language), language) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_speaks_one_language(town, language):
    for scene in SCENES:
        for _where, answer in scene(town, language):
            answer.close()
    reconcile_all(town.cashier.billing)
    with town.database.reading() as session:
        letters = [read_email(mail) for mail in session.scalars(select(QueuedEmail))]
    letters += [Email("", "alert", "", "", {"sentence": sentence, "about": "sub_1"}) for sentence in SENTENCES.values()]
    letters.append(Email("", "edition_kept", "", "", {"slug": "2026"}))
    letters.append(Email("", "account_closed", "", "", {"closed_at": clock.now()}))
    letters.append(Email("", "accounts_merged", "", "", {"into": READER, "merged_at": clock.now()}))
    letters.append(Email("", "new_device", "", "", {"signed_in_at": clock.now(), "browser": "", "system": "Linux"}))
    assert {letter.message for letter in letters} == {path.name for path in EMAILS.iterdir() if path.is_dir()}
    write = email_renderer(town.app)
    for letter in letters:
        written = write(replace(letter, locale=language))
        for text in (written.subject, *written.text.splitlines(), *said_in(written.html.encode(), "text/html")):
            assert foreign_words([text], language) == [], letter.message


@pytest.mark.parametrize(
    ("bare", "language"),
    [
        ("<p>Not translated</p>", "zh-CN"),
        ('<img alt="Picture">', "zh-CN"),
        ('<button data-done="Was kept">{{ _("Search") }}</button>', "zh-CN"),
        ("<p>没有译出</p>", "en"),
        ("<p>{{ _('Search') }}。</p>", "en"),
    ],
)
def test_a_bare_word_in_a_template_is_heard(town, bare, language):
    loader = town.app.jinja_env.loader
    source = loader.get_source(town.app.jinja_env, "reading/tags.html")[0]
    changed = {"reading/tags.html": source.replace("{% block main %}", "{% block main %}" + bare)}
    town.app.jinja_env.loader = ChoiceLoader([DictLoader(changed), loader])
    assert foreign(iter([("tags", town.browser(language).get("/tags"))]), language)


def test_a_translation_that_is_missing_is_heard(town, monkeypatch):
    whole = languages.translations("zh-CN")
    lacking = SimpleNamespace(
        ugettext=lambda message: message if message == "Search" else whole.ugettext(message), ungettext=whole.ungettext
    )
    monkeypatch.setattr(languages, "translations", lambda _language: lacking)
    said = foreign(iter([("plans", town.browser("zh-CN").get("/plans"))]), "zh-CN")
    assert said == {"plans (200)": ["Search"]}


def test_what_is_marked_as_another_language_is_left_alone():
    page = b'<html lang="en"><a lang="zh-CN" title="\xe4\xb8\xad">\xe4\xb8\xad</a><p>\xe4\xb8\xad<br>\xe4\xb8\xad</p>'
    assert foreign_words(said_in(page, "text/html"), "en") == ["中", "中"]
