"""What Stripe says no to when the publisher asks, said as a sentence to them."""

from collections.abc import Iterator
from contextlib import contextmanager

from webapp.billing.gateway.client import MissingAtStripeError, StripeRefusedError
from webapp.kit.errors import ConflictError, PaymentsUnavailableError
from webapp.kit.translatable import _


@contextmanager
def telling_refusals() -> Iterator[None]:
    """Say what Stripe refuses in a sentence, and that what it did not answer may be asked again.

    Raise ConflictError, PaymentsUnavailableError.
    """
    try:
        yield
    except StripeRefusedError as refusal:
        raise ConflictError(_("Stripe refuses: %(said)s", said=refusal.said), "") from refusal
    except MissingAtStripeError as missing:
        raise ConflictError(_("Stripe refuses: %(said)s", said=str(missing)), "") from missing
    except PaymentsUnavailableError as error:
        error.args = (_("Stripe does not answer right now."),)
        error.hint = _("Do the same once more in a moment: nothing is done twice.")
        raise
