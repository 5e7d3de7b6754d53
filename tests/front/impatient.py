"""The product's own worker, but that a body has a second of grace; and nobody's tries are counted."""

from webapp.front import request_body
from webapp.front.served import application
from webapp.kit.limits import set_limits

__all__ = ["application"]

request_body.GRACE_SECONDS, request_body.MOST_CREDIT = 1.0, 2.0
set_limits(on=False)
