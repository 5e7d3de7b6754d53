"""Running it: the command line, the first start, the server and its background worker, health."""
