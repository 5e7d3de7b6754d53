"""Word documents and web pages become Markdown, which then goes the way of every manuscript."""
