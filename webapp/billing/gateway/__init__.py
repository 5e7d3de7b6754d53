"""The only way to Stripe: client calls it, snapshots and lists ask what is true, the parser reads it into facts."""
