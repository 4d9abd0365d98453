"""The calculators as chat commands: words in, a reply out, free of Telegram and of sentences."""
