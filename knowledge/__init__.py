"""Reports in, passages and claims with citations out."""
