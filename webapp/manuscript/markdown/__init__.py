"""Markdown as blocks, and what a gate may cut in it."""
