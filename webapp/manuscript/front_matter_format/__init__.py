"""What an author says before a text: read, and written again."""
