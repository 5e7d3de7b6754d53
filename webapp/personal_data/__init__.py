"""What the house knows of a person, as a whole: taken along, and forgotten."""
