"""How each route is called, for the tests that call every route."""

from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.factories.people import PASSWORD, token_in
from webapp.kit.paging import write_cursor

SECOND_HIT = write_cursor(2, 0)  # after a hit that is found no more, and stood where now the second one stands
SECOND_NOTE = write_cursor(1, 1)

# A route that is missing here fails every test that walks the URL map: add it with every form it takes. What stands in
# braces is filled in: {slug} of a document, {tag}, {year}, {after}, where the second page of the catalogue begins,
# {token} of the reader who asks (of all scopes), {paid}, words that stand in paid text alone, and {public}, words that
# stand in public text and, in one library, in paid text of other documents too, {public_image} and {paid_image}, of one
# library.
WAYS = {
    "static": ["/static/site.css", "/static/favicon.svg"],
    "health.alive": ["/healthz"],
    "health.ready": ["/readyz"],
    "health.worker_ready": ["/readyz/worker"],
    "health.show_arrival": ["/healthz/front"],
    "signup.sign_up_page": ["/signup", "/signup?next=/d/{slug}"],
    "signup.sign_up": ["/signup"],
    "signup.sign_up_link_page": ["/signup/{token}"],
    "signup.use_sign_up_link": ["/signup/{token}"],
    "accounts.sign_in_page": ["/login", "/login?next=/d/{slug}"],
    "accounts.sign_in": ["/login"],
    "accounts.sign_out": ["/logout"],
    "accounts.account": ["/account"],
    "accounts.save_password": ["/account/password"],
    "accounts.choose_language": ["/language/en?next=/d/{slug}"],
    "accounts.choose_appearance": ["/look?theme=dark&size=large&next=/d/{slug}", "/look?theme=none"],
    "accounts.save_appearance": ["/look"],
    "links.recovery_request_page": ["/recover", "/recover?sent=1"],
    "links.request_recovery": ["/recover"],
    "links.recovery_page": ["/recover/{token}"],
    "links.recover": ["/recover/{token}"],
    "links.sign_in_link_request_page": ["/login/link", "/login/link?sent=1"],
    "links.request_sign_in_link": ["/login/link"],
    "links.sign_in_link_page": ["/login/link/{token}"],
    "links.use_sign_in_link": ["/login/link/{token}"],
    "links.confirmation_page": ["/confirm/{token}"],
    "links.confirm": ["/confirm/{token}"],
    "links.send_confirmation": ["/account/confirm"],
    "devices.own_devices": ["/account/devices", "/account/devices?done=one"],
    "devices.sign_out_device": ["/account/devices/99999/end"],
    "devices.sign_out_others": ["/account/devices/end-others"],
    "address.change_page": ["/account/address"],
    "address.request_change": ["/account/address"],
    "address.drop_change": ["/account/address/drop"],
    "address.new_address_page": ["/address/{token}"],
    "address.use_new_address": ["/address/{token}"],
    "address.undo_page": ["/address/undo/{token}"],
    "address.undo": ["/address/undo/{token}"],
    "data.data_page": ["/account/data"],
    "data.data_as_json": ["/account/data.json"],
    "data.data_as_markdown": ["/account/data.md"],
    "factor_sign_in.code_page": ["/login/second-factor", "/login/second-factor?recovery=1"],
    "factor_sign_in.show_second_factor": ["/login/second-factor"],
    "second_factor.overview": ["/account/second-factor", "/account/second-factor?required=1"],
    "second_factor.begin_set_up": ["/account/second-factor"],
    "second_factor.confirm_set_up": ["/account/second-factor/confirm"],
    "second_factor.renew_codes": ["/account/second-factor/codes"],
    "second_factor.remove_second_factor": ["/account/second-factor/remove"],
    "second_factor.lead_back": [f"/account/second-factor/{step}" for step in ("confirm", "codes", "remove")],
    "data.closing_page": ["/account/close"],
    "data.close_account": ["/account/close"],
    "data.closed_page": ["/closed", "/closed?later=1"],
    "passkeys.own_passkeys": ["/account/passkeys", "/account/passkeys?done=added", "/account/passkeys?done=removed"],
    "passkeys.ask_for_new_passkey": ["/account/passkeys/options"],
    "passkeys.save_passkey": ["/account/passkeys"],
    "passkeys.delete_passkey": ["/account/passkeys/1/remove"],
    "passkeys.ask_for_any_passkey": ["/login/passkey/options"],
    "passkeys.sign_in_with_passkey": ["/login/passkey"],
    "passkeys.lead_to_sign_in": ["/login/passkey"],
    "proof.ask_again": ["/account/prove", "/account/prove?next=/account/tokens"],
    "proof.prove": ["/account/prove?next=/account/tokens"],
    "proof.prove_by_passkey": ["/account/prove/passkey"],
    "proof.lead_to_proof": ["/account/prove/passkey"],
    "billing.plans": ["/plans"],
    "billing.confirm_order": ["/checkout?plan=year&document={slug}", "/checkout?plan=document&document={slug}"],
    "billing.checkout": ["/checkout"],
    "billing.cancelled": ["/checkout/cancelled", "/checkout/cancelled?purchase=unknown"],
    "billing.checkout_return": ["/checkout/return", "/checkout/return?session_id=cs_test_unknown"],
    "billing.account_plan": ["/account/plan"],
    "billing.receipt": ["/account/receipts/1"],
    "billing.portal": ["/billing/portal"],
    "billing.switch_page": ["/account/plan/switch?plan=year", "/account/plan/switch?plan={paid}"],
    "billing.switch": ["/account/plan/switch"],
    "billing.webhook": ["/webhooks/stripe"],
    "reading.catalogue": ["/", "/?after={after}", "/?after=x", "/?tag={tag}"],
    "offline.worker": ["/sw.js"],
    "offline.kept": ["/library/offline"],
    "offline.still_readable": ["/library/offline.json", "/library/offline.json?d={slug}&d=no-such-document"],
    "feeds.latest_atom": ["/feed.atom"],
    "feeds.latest_json": ["/feed.json"],
    "feeds.tagged_atom": ["/tags/{tag}/feed.atom", "/tags/{paid}/feed.atom"],
    "feeds.tagged_json": ["/tags/{tag}/feed.json"],
    "feeds.private_atom": ["/feeds/{token}/feed.atom", "/feeds/unknown/feed.atom"],
    "feeds.private_json": ["/feeds/{token}/feed.json", "/feeds/unknown/feed.json"],
    "feeds.sitemap": ["/sitemap.xml"],
    "feeds.sitemap_part": ["/sitemaps/1.xml", "/sitemaps/2.xml"],
    "feeds.robots": ["/robots.txt"],
    "feeds.llms": ["/llms.txt"],
    "site_pages.page": ["/about", "/terms", "/refunds", "/privacy", "/contact"],
    "site_pages.wordmark": ["/wordmark"],
    "search.results": [
        "/search",
        "/search?q={tag}",
        "/search?q={public}",
        f"/search?q={{public}}&after={SECOND_HIT}",
        "/search?q={paid}",
        '/search?q="{paid}"',
    ],
    "reading.tags": ["/tags"],
    "reading.tagged": ["/tags/{tag}", "/tags/{tag}?after={after}", "/tags/{paid}"],
    "reading.archive": ["/archive"],
    "reading.archived": ["/archive/{year}", "/archive/{year}?after={after}", "/archive/1999"],
    "reading.document_picture": ["/d/{slug}/picture.png"],
    "exports.docx": ["/d/{slug}.docx"],
    "exports.pdf": ["/d/{slug}.pdf"],
    "exports.epub": ["/d/{slug}.epub", "/d/{paid}.epub"],
    "exports.md": ["/d/{slug}.md", "/d/former-{slug}.md"],
    "exports.txt": ["/d/{slug}.txt", "/d/no-such-document.txt"],
    "reading.image": ["/media/{public_image}", "/media/{paid_image}", "/media/unknown.png"],
    "reading.oembed": [
        "/oembed?url=http://127.0.0.1:8000/d/{slug}",
        "/oembed?format=xml&url=http://127.0.0.1:8000/d/{slug}",
        "/oembed?url=http://127.0.0.1:8000/d/former-{slug}",
    ],
    "api.description": ["/api/v1/openapi.json"],
    "api.list_documents": [
        "/api/v1/documents",
        "/api/v1/documents?after={after}&limit=3",
        "/api/v1/documents?fields=slug,title,summary&sort=published_at&tag={tag}",
        "/api/v1/documents?tag={paid}",
        "/api/v1/documents?year={year}&language=zh",
    ],
    "api.get_document": ["/api/v1/documents/{slug}", "/api/v1/documents/former-{slug}", "/api/v1/documents/{paid}"],
    "api.get_full_document": ["/api/v1/documents/{slug}/full"],
    "api.search_documents": [
        "/api/v1/search?q={public}",
        f"/api/v1/search?q={{public}}&limit=1&after={SECOND_HIT}",
        "/api/v1/search?q={paid}",
        "/api/v1/search?q={tag}&tag={tag}",
    ],
    "api.list_plans": ["/api/v1/plans"],
    "api_account.me": ["/api/v1/me"],
    "api_account.list_grants": ["/api/v1/grants"],
    "api_account.create_checkout": ["/api/v1/checkout"],
    "tokens.list_own_tokens": ["/account/tokens"],
    "tokens.create_token": ["/account/tokens"],
    "tokens.delete_token": ["/account/tokens/1/revoke"],
    "reading.document": [
        "/d/{slug}",
        "/d/{slug}?plan=document",
        "/d/{slug}?gate=1",
        "/d/former-{slug}?gate=1",
        "/d/no-such-document",
        "/d/{paid}",
    ],
    "library.library": ["/library"],
    "library.history": ["/library/history", "/library/history?after={after}"],
    "library.bookmarks": ["/library/bookmarks"],
    "library.bought": ["/library/bought"],
    "library.noted": ["/library/notes"],
    "library.forget": ["/library/history/forget"],
    "library.delete_bookmark": ["/library/bookmarks/1/remove"],
    "library.position": ["/d/{slug}/position"],
    "library.bookmark": ["/d/{slug}/bookmark"],
    "highlights.document_notes": ["/d/{slug}/notes", f"/d/{{slug}}/notes?after={SECOND_NOTE}"],
    "highlights.add_highlight_to_document": ["/d/{slug}/notes"],
    "highlights.save_note": ["/d/{slug}/notes/1"],
    "highlights.delete_highlight": ["/d/{slug}/notes/1/remove"],
    "highlights.export_notes": ["/library/notes.md"],
    "sandbox_mail.mails": ["/sandbox/mail"],
    "sandbox_mail.mail": ["/sandbox/mail/1", "/sandbox/mail/1000000"],
    "sandbox_mail.mail_as_html": ["/sandbox/mail/1/html"],
    "sandbox.checkout": ["/sandbox/checkout/cs_test_unknown"],
    "sandbox.pay": ["/sandbox/checkout/cs_test_unknown"],
    "sandbox.confirmation": ["/sandbox/checkout/cs_test_unknown/confirm"],
    "sandbox.confirm": ["/sandbox/checkout/cs_test_unknown/confirm"],
    "sandbox.portal": ["/sandbox/portal/bps_unknown"],
    "sandbox.change": ["/sandbox/portal/bps_unknown"],
    "sandbox.invoice": ["/sandbox/invoice/in_unknown"],
    "sandbox.pay_invoice": ["/sandbox/invoice/in_unknown"],
    "sandbox.invoice_confirmation": ["/sandbox/invoice/in_unknown/confirm"],
    "sandbox.confirm_invoice": ["/sandbox/invoice/in_unknown/confirm"],
}
FORM = {
    "email": "somebody@example.com",
    "password": PASSWORD,
    "present": PASSWORD,
    "code": "000000",
    "plan": "document",
    "document": "{slug}",
    "exact": "{paid}",
    "anchor": "{paid}",
}
_LAST = "accounts.sign_out"  # what comes after it is asked by a visitor


def routes(app: Flask) -> Iterator[Rule]:
    """Yield the rules of the URL map, signing out last; an endpoint without a way to call it is an error."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint == _LAST):
        assert rule.endpoint in WAYS, (
            f"{rule.endpoint} ({rule.rule}) is a new route: say in WAYS of tests/surface/ways.py how it is called"
        )
        yield rule


def filled_in(client: FlaskClient, places: dict[str, str]) -> dict[str, str]:
    """Return the form that every route is sent, with this browser's token where it has one."""
    page = client.get("/login")
    page = page if page.status_code == 200 else client.get("/account")
    token = token_in(page) if page.status_code == 200 else ""
    return {name: value.format(**places) for name, value in FORM.items()} | {"csrf_token": token}
