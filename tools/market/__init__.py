"""Public market data: feeds, cache, snapshots by date."""
