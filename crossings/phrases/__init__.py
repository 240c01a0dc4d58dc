"""A status in plain words: pure functions from a crossing's JSON to sentences, for pages and messages."""
