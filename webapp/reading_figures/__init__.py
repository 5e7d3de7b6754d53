"""How documents are read: counted by document, gate and day, and never by reader."""
