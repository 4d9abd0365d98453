"""The Telegram face: words in, assistant, reply out."""
