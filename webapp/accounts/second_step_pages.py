"""The pages about more than a password, for the factory to register."""

from webapp.accounts.factor_sign_in_views import factor_sign_in_pages
from webapp.accounts.passkey_views import passkey_pages
from webapp.accounts.proof_views import proof_pages
from webapp.accounts.second_factor_views import second_factor_pages

SECOND_STEP_PAGES = (factor_sign_in_pages, second_factor_pages, passkey_pages, proof_pages)
