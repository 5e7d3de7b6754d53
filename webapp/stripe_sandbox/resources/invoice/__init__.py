"""Invoices (docs.stripe.com/api/invoices): drafted, issued, charged, closed."""
