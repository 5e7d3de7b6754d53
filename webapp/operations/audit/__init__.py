"""The leak audit: every public surface of the real library is asked, and what only payers may read is looked for."""
