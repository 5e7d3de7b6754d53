"""Documents to take along: DOCX, PDF, EPUB, Markdown and text, each made once per edition and kept."""
