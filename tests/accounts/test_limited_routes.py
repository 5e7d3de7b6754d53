"""Every form and everything that costs something has a limit: each route of the URL map stands in a table."""

import pytest

from webapp.kit.limits import is_limited

# Forms that have no limit, and why.
FREE_FORMS = {
    "accounts.sign_out": "nobody is kept from signing out",
    "billing.webhook": "Stripe signs its calls, sends many at once, and those refused again and again",
}
SANDBOX = "sandbox."  # pages of the emulator, on one machine, where no money moves
# What is asked for by GET and costs more than a page: a search, a question to Stripe, a file that is made.
COSTLY = {
    *("search.results", "billing.checkout_return", "billing.switch_page", "highlights.export_notes"),
    *("api.search_documents", "api.list_documents", "api.get_document", "api.get_full_document", "api.list_plans"),
    *("api_account.me", "api_account.list_grants", "data.data_as_json", "data.data_as_markdown"),
}
# Files: those that are there are only handed out, and making one is what is limited (exports/views.py).
MADE_ONCE = {"exports.docx", "exports.epub", "exports.md", "exports.pdf", "exports.txt"}
# Pages, of which visitors share a copy and readers ask for a few.
PAGES = {
    *("accounts.account", "accounts.choose_appearance", "accounts.choose_language", "accounts.sign_in_page"),
    *("signup.sign_up_page", "signup.sign_up_link_page"),
    *("api.description", "billing.account_plan", "billing.cancelled", "billing.confirm_order"),
    *("billing.plans", "billing.receipt", "feeds.latest_atom", "feeds.latest_json", "feeds.llms", "feeds.robots"),
    *("feeds.private_atom", "feeds.private_json", "feeds.sitemap", "feeds.sitemap_part", "feeds.tagged_atom"),
    *(
        "feeds.tagged_json",
        "health.alive",
        "health.ready",
        "health.show_arrival",
        "health.worker_ready",
        "highlights.document_notes",
    ),
    *("library.bookmarks", "library.bought", "library.history", "library.library", "library.noted"),
    *("links.confirmation_page", "links.recovery_page", "links.recovery_request_page", "links.sign_in_link_page"),
    *("links.sign_in_link_request_page", "offline.kept", "offline.still_readable", "offline.worker"),
    *("reading.archive", "reading.archived", "reading.catalogue", "reading.document", "reading.document_picture"),
    *("reading.image", "reading.oembed", "reading.tagged", "reading.tags", "sandbox_mail.mail"),
    *("sandbox_mail.mail_as_html", "sandbox_mail.mails", "site_pages.page", "site_pages.wordmark", "static"),
    *("address.change_page", "address.new_address_page", "address.undo_page", "devices.own_devices"),
    *("data.closed_page", "data.closing_page", "data.data_page", "factor_sign_in.code_page"),
    *("passkeys.lead_to_sign_in", "passkeys.own_passkeys", "proof.ask_again", "proof.lead_to_proof"),
    *("second_factor.lead_back", "second_factor.overview"),
    "tokens.list_own_tokens",
}


@pytest.fixture
def rules(app):
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(SANDBOX)]


def test_every_form_has_a_limit_or_says_why_it_has_none(app, rules):
    forms = {rule.endpoint for rule in rules if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}}
    unlimited = {endpoint for endpoint in forms if not is_limited(app.view_functions[endpoint])}
    assert unlimited == FREE_FORMS.keys(), "put @limited() on it (kit/limits.py), or say here why it needs none"


def test_whatever_costs_something_has_a_limit_and_each_page_stands_in_the_table(app, rules):
    asked = {rule.endpoint for rule in rules if "GET" in rule.methods}
    limited = {endpoint for endpoint in asked if is_limited(app.view_functions[endpoint])}
    assert limited == COSTLY
    assert asked - limited - MADE_ONCE == PAGES, "say in this table what a new route costs"
