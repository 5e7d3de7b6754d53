"""The JSON API, version 1, and the page on which readers make their tokens."""
