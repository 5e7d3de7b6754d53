"""The desk: pages for the people who run the library. The rules behind its buttons lie in the rooms below."""
