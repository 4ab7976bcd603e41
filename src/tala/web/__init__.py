"""The web front door."""
