"""Public sets in, figures with their intervals out: how good retrieval, refusal and checks are."""
