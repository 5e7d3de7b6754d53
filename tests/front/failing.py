"""A worker that fails as soon as it is there."""

raise SystemExit(3)
