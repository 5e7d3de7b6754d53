"""What a reader keeps: where they stopped, what they bookmarked and highlighted, their notes; the pages of it."""
