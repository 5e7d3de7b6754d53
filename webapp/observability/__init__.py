"""What is seen of an installation from outside: numbers, log lines, spans and reports of errors, none with a secret."""
