"""An installation in one file: taken while it serves, and put back only when all of it is there and right."""
