"""Formulas: TeX as MathML of a fixed list."""
