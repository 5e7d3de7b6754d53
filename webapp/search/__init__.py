"""Search: two indexes, of what everybody may read and of all, and the page that asks them."""
