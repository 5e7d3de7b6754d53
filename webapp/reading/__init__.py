"""Reading: the paywall, the catalogue and the document page."""
