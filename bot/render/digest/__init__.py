"""A Digest -> the messages of a chat, plain text for the terminal, JSON and CSV."""
