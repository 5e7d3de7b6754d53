"""The pages of the house itself: about, terms, refunds, privacy, contact, and the publisher's own wordmark."""
