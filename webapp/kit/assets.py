"""Style sheets and scripts: written in many files, served as few, packed, and kept by browsers until they change."""

import gzip
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request

from webapp.kit.addresses import local_address
from webapp.kit.answer_notes import notes_on
from webapp.kit.theme_colours import style_sheet

_STATIC = Path(__file__).parents[1] / "static"
_A_YEAR = "public, max-age=31536000, immutable"

# Later rules win over earlier ones, so the order matters.
BUNDLES = {
    "site.css": (
        "css/base.css",
        "css/controls.css",
        "css/masthead.css",
        "css/lists.css",
        "css/account.css",
        "css/reading.css",
        "css/markup.css",
        "css/sidebars.css",
        "css/gate.css",
        "css/document_end.css",
        "css/library.css",
        "css/exports.css",
        "css/site_pages.css",
        "css/offline.css",
        "css/print.css",
    ),
    "sandbox.css": ("css/sandbox.css", "css/portal.css"),
    "site.js": ("js/appearance.js", "js/contents.js", "js/share.js", "js/brought_back.js"),
    "library.js": ("js/reading_position.js", "js/highlighter.js"),
    "passkeys.js": ("js/passkeys.js",),
    "offline.js": ("js/offline.js",),
}


@dataclass(frozen=True)
class Asset:
    """A bundle as it is served."""

    name: str
    body: bytes

    @cached_property
    def version(self) -> str:
        """Return what stands in its address, so that another content has another address."""
        return sha256(self.body).hexdigest()[:12]

    @cached_property
    def packed(self) -> bytes:
        """Return its bytes, gzipped."""
        return gzip.compress(self.body, compresslevel=9, mtime=0)


@cache
def bundle(name: str) -> Asset | None:
    """Return a bundle, None where there is none of this name."""
    if name not in BUNDLES:
        return None
    texts = [(_STATIC / file).read_text("utf-8") for file in BUNDLES[name]]
    if name == "site.css":
        texts.insert(0, style_sheet())
    if name.endswith(".js"):
        texts = [f"{{\n{text}}}\n" for text in texts]  # a module each: their names do not meet
    return Asset(name, "\n".join(texts).encode())


def asset(name: str) -> str:
    """Return the address of a bundle; raise KeyError for a name that is none."""
    found = bundle(name)
    if found is None:
        raise KeyError(name)
    return local_address("static", filename=name, v=found.version)


def install_assets(app: Flask) -> None:
    """Serve bundles beside the other static files."""
    app.jinja_env.globals["asset"] = asset
    other = app.view_functions["static"]

    def static(filename: str) -> Response:
        found = bundle(filename)
        return _answer(found) if found else other(filename=filename)  # type: ignore[return-value]

    app.view_functions["static"] = static


def _answer(found: Asset) -> Response:
    notes = notes_on(request.environ)
    if notes is not None:
        notes.unchanging = True
    packs = request.accept_encodings["gzip"] > 0
    kind = "text/css" if found.name.endswith(".css") else "text/javascript"
    response = Response(found.packed if packs else found.body, content_type=f"{kind}; charset=utf-8")
    if packs:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{found.version}-gzip" if packs else found.version)
    response.headers["Cache-Control"] = _A_YEAR if request.args.get("v") == found.version else "no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]
