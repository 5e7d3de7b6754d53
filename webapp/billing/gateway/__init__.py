"""The only way to Stripe: `client` calls it, `snapshots` and `lists` ask what is true, `facts` reads what it says."""
