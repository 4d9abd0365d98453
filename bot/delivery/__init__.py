"""Updates in (inbox), messages out (outbox), pacing."""
