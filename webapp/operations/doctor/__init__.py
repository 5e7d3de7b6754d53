"""`paidspan doctor`: whatever can be wrong with an installation, each thing in a line with its mend."""
