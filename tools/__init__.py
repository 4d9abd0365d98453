"""Arithmetic, dated data, and what a model may call."""
