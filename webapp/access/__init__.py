"""The paywall: who reads a document in full, who reads the preview, and why."""
