"""Plain text as blocks: what each line is taken for."""
