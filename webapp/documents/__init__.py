"""The library: documents, their revisions, and the two editions that are cut from each."""
