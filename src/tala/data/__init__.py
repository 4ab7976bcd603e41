"""What a non-programmer edits; checked against a schema at start."""
