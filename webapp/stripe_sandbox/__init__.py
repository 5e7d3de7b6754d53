"""Stripe on one machine, without a network and without a key; no money moves.

What it has it does as Stripe does, down to refusals and events. What it does not have it refuses, with a sentence that
names it; nothing is silently ignored. It does not model:

- *Money*: taxes other than one rate on everything (`sandbox tax` sets it), whether a tax id is one; fees, payouts,
  balance transactions, conversion between currencies, partial payments, several payments for one invoice, capture
  apart from authorization, radar and reviews.
- *Ways of paying* beyond cards, Alipay and WeChat Pay; setup intents (a card is kept without asking the bank, except
  at checkout), mandates, Link, sources, debits that take days. Of 3D Secure: exemptions, and that a bank may waive it.
- *Checkout* beyond hosted pages in the modes `payment` and `subscription`: no payment links but those of the
  dashboard's commands, no shipping, no consent, no custom fields, no recovery of sessions.
- *Billing*: invoices that belong to no subscription, except after a one-time payment; invoice items, quotes,
  schedules, metered and tiered prices, usage, thresholds, credit grants, several intervals in one subscription, items
  added or taken away, the billing mode `classic`. Prorations are billed at once or not at all (`create_prorations`
  only where an invoice is written anyway), show a discount as a line of its own, and have no invoice item behind them.
  A preview is of a subscription that there is, not of one to be created. Credit notes have one line, and are not
  voided or previewed.
- *Discounts* on customers and on single items, and coupons that apply to some products only. What binds a customer to a
  currency is a subscription; discounts, quotes and invoice items do not.
- *Dunning*: retries follow one fixed plan, not Stripe's guesses; a sent invoice that is overdue stays so, without
  reminders; of an invoice that waits to be confirmed at the bank the end is that of any failed one.
- *News*: one webhook endpoint is delivered to, the application's own, all types of events; thin events and the API's
  second version are not there. Events do not expire after 30 days.
- *Around it*: Connect, customer accounts, search, files, reports, API keys with rights, rate limits (but as a fault),
  locks (everything is done one after the other), and deletion of old test data.
"""
