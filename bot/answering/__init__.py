"""A question -> a cited answer: route, ledger, extracts, model, gate."""
