"""The ledger: every payment, and every change of what recurs, on the day it came about at Stripe; figures add it up."""
