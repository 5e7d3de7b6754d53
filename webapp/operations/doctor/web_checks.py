"""Whether readers reach us as it was set: address, certificate, proxies; and the Redis that hosts share."""

import json
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from webapp.kit import clock
from webapp.kit.doctors_pass import PASS_HEADER, RequestArrival, make_pass
from webapp.kit.file_store import UPLOADS, FilesUnavailableError, file_store_at
from webapp.kit.translatable import _
from webapp.kit.try_stores import TryStoreError
from webapp.operations.doctor.diagnosis import Diagnosis, defect, describe_error, good, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.operations.doctor.web_request import ask_web
from webapp.settings import SettingsError

_PATIENCE = 4.0  # seconds
_SOON = timedelta(days=14)
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_OK = 200
_HTTPS_PORT = 443


def check_base_url(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the address that readers use leads to us, as far as it can be seen from here."""
    url = examined.known.base_url
    try:
        reply = ask_web(f"{url}/healthz")
    except OSError as error:
        sentence = _("%(url)s cannot be reached from here: %(error)s.", url=url, error=describe_error(error))
        yield warning(sentence, _("Does paidspan serve run? Try it from elsewhere; a router may not lead back."))
        return
    if reply.status == _OK and reply.body.strip() == b"ok":
        yield good(_("%(url)s leads to us.", url=url))
    else:
        sentence = _("%(url)s/healthz answers %(status)s, and not as paidspan does.", url=url, status=reply.status)
        yield warning(sentence, _("Does the web server in front lead to paidspan, and PAIDSPAN_BASE_URL to it?"))


def check_certificate(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether browsers trust the certificate, and for how long."""
    if not examined.known.https:
        return
    renew = _("Renew it: certbot renew, or what else brings it; then reload the web server.")
    try:
        ends = _certificate_end(examined.known.base_url)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            yield defect(_("The certificate has expired."), renew)
        else:
            sentence = _("The certificate is not trusted, as seen from here: %(said)s.", said=error.verify_message)
            yield warning(sentence, _("Is it made for this name, and is its whole chain sent?"))
        return
    except OSError:
        return  # which check_base_url says
    left = ends - clock.machine_now()
    if left < _SOON:
        yield warning(_("The certificate ends in %(days)s days.", days=left.days), renew)
    else:
        yield good(_("The certificate holds for %(days)s days.", days=left.days))


def _certificate_end(base_url: str) -> datetime:
    """Return until when the certificate of an address holds; raise OSError, or SSLCertVerificationError."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    with (
        socket.create_connection((host, parts.port or _HTTPS_PORT), timeout=_PATIENCE) as plain,
        ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
    ):
        shown = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def check_proxies(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether as many proxies write down who asks as are believed: our own request through them is counted."""
    if not examined.secrets:
        return
    try:
        shown = {PASS_HEADER: make_pass(examined.secrets[0])}
        reply = ask_web(f"{examined.known.base_url}/healthz/front", headers=shown)
    except OSError:
        return  # which check_base_url says
    if reply.status != _OK:
        yield warning(
            _(
                "What the proxies in front write cannot be asked for: the server answers %(status)s.",
                status=reply.status,
            ),
            _("Is it paidspan of this version, with the secret key of this folder?"),
        )
        return
    arrival = RequestArrival(**json.loads(reply.body))
    yield from _compare(examined, arrival.forwarded_for, arrival.scheme)


def _compare(examined: ExaminedInstallation, seen: int, scheme: str) -> Iterator[Diagnosis]:
    """Yield what differs between the proxies that were seen and those that are believed."""
    believed = examined.known.trusted_proxies
    told = {"seen": seen, "believed": believed}
    sentence = _("X-Forwarded-For names %(seen)s senders, and PAIDSPAN_TRUSTED_PROXIES is %(believed)s.", **told)
    if seen > believed:
        mend = _("Limits take all readers for one: set PAIDSPAN_TRUSTED_PROXIES to %(seen)s.", seen=seen)
        yield defect(sentence, mend)
    elif seen < believed:
        yield defect(
            sentence,
            _(
                "Whoever asks can make up where from: set PAIDSPAN_TRUSTED_PROXIES to %(seen)s, or have each proxy add "
                "to X-Forwarded-For.",
                seen=seen,
            ),
        )
    elif believed and scheme != urlsplit(examined.known.base_url).scheme:
        yield warning(
            _(
                "Readers come by %(wanted)s, and the proxy says %(scheme)s.",
                wanted=examined.known.base_url,
                scheme=scheme,
            ),
            _("Have it set X-Forwarded-Proto: proxy_set_header X-Forwarded-Proto $scheme (nginx)."),
        )
    else:
        yield good(_("%(seen)s proxies stand in front, as PAIDSPAN_TRUSTED_PROXIES says.", seen=seen))


def check_bucket(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the bucket lets us read what it holds; whether it lets us write, `paidspan storage check` tries."""
    url = examined.known.storage_url
    if not url:
        return
    try:
        next(iter(file_store_at(url).files(UPLOADS)), None)
    except SettingsError:
        return  # which check_extras says
    except FilesUnavailableError as error:
        sentence = _("The bucket cannot be read: %(error)s.", error=error.reason.rstrip("."))
        yield defect(
            sentence, _("Are PAIDSPAN_STORAGE_URL and the variables AWS_… right, and may the key list and read?")
        )
    else:
        yield good(_("The bucket can be read."))


def check_redis(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether Redis answers, and throws nothing away."""
    url = examined.known.redis_url
    if not url:
        return
    from webapp.kit.redis_tries import read_eviction_policy  # noqa: PLC0415 - only who has a Redis needs its client

    try:
        policy = read_eviction_policy(url, _PATIENCE)
    except TryStoreError as error:
        sentence = _("Redis does not answer: %(error)s.", error=describe_error(error))
        mend = _("Start it, or set PAIDSPAN_REDIS_URL right; meanwhile each process counts tries for itself.")
        yield defect(sentence, mend)
        return
    if policy != "noeviction":
        sentence = _("Redis may throw tries away when it is full (maxmemory-policy %(policy)s).", policy=policy)
        yield warning(sentence, _("Set maxmemory-policy noeviction, or give paidspan a Redis of its own."))
    else:
        yield good(_("Redis answers, and throws nothing away."))
