"""Readers and editors: sign up, sign in, sign out, roles; the only room that knows Flask-Login."""
