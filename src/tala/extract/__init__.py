"""Facts: a transcript to facts, each with the span it came from."""
