"""Words: sound to a transcript with times and confidence."""
