"""The marker language: its markers, and what is meant as one and is none."""
