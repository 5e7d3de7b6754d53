"""Which language a text is in, and what follows from that."""
