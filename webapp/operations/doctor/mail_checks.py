"""Whether mails go out: the server takes them, the sender is one, and none waits for long."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr

from webapp.kit import clock
from webapp.kit.email_queue import SmtpServer, email_backlog
from webapp.kit.translatable import _
from webapp.operations.doctor.diagnosis import Diagnosis, defect, describe_error, good, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.settings import Env

_PATIENCE = 4.0  # seconds
_SOON = timedelta(minutes=15)
_NO_DOMAINS = ("localhost", "localdomain", "example.com", "example.org", "example.net", "invalid", "test", "local")


def check_mail_server(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether the mail server lets us in; no mail is sent."""
    url = examined.known.mail_url
    if not url:
        if examined.known.env is Env.PRODUCTION:
            mend = _("Set PAIDSPAN_MAIL_URL.")
            yield warning(_("No mail server is set: mails become files in outbox/, and reach nobody."), mend)
        return
    try:
        with SmtpServer(url, _PATIENCE).connected() as server:
            server.noop()
            is_encrypted = isinstance(server.sock, ssl.SSLSocket)
    except (OSError, smtplib.SMTPException) as error:
        yield defect(*_refusal(error))
        return
    if is_encrypted:
        yield good(_("The mail server takes our mails, over TLS."))
    else:
        mend = _("Use smtps://, or a server that offers STARTTLS.")
        yield warning(_("The mail server takes our mails in the clear: it offers no TLS."), mend)


def _refusal(error: Exception) -> tuple[str, str]:
    """Return what a mail server refuses, and the mend."""
    said = describe_error(error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        sentence = _("The mail server refuses user or password: %(said)s.", said=" ".join(said.split()).rstrip("."))
        return sentence, _("Set both right in PAIDSPAN_MAIL_URL, written as in an address (%40 for @).")
    if isinstance(error, ssl.SSLError):
        sentence = _("The mail server's TLS is not to be trusted: %(said)s.", said=said)
        return sentence, _("Is its name the one in its certificate, and smtps:// (465) or smtp:// (587) right?")
    sentence = _("The mail server cannot be used: %(said)s.", said=said)
    return sentence, _("Is it there, is the port right, does a firewall (or your provider: port 25) forbid it?")


def check_sender(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether mails come from an address that there can be."""
    if not examined.known.mail_url:
        return
    address = parseaddr(examined.known.mail_from)[1]
    domain = address.rpartition("@")[2].lower()
    if "." not in domain or domain.endswith(tuple(_NO_DOMAINS)):
        sentence = _("Mails come from %(address)s, which is no address of the internet.", address=address)
        yield warning(sentence, _("Set PAIDSPAN_MAIL_FROM to one of a domain whose SPF and DKIM name your server."))
    else:
        yield good(_("Mails come from %(address)s.", address=address))


def check_mails(examined: ExaminedInstallation) -> Iterator[Diagnosis]:
    """Whether mails wait for long, or were given up."""
    with examined.opened.reading() as session:
        backlog = email_backlog(session)
    error = f" ({backlog.last_error})" if backlog.last_error else ""
    if backlog.given_up:
        sentence = _("%(count)s mails were given up after two days%(error)s.", count=backlog.given_up, error=error)
        yield warning(sentence, _("mails.last_error says why; write to these readers by other means."))
    if backlog.oldest is not None and clock.machine_now() - backlog.oldest > _SOON:
        sentence = _("%(count)s mails wait%(error)s.", count=backlog.waiting, error=error)
        yield warning(sentence, _("They go by themselves once mail-server, worker and identity are good."))
    elif not backlog.given_up:
        yield good(_("%(count)s mails wait.", count=backlog.waiting))
