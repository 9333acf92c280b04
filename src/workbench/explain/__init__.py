"""Explanations: why a model says what it says of one customer, and what would change it."""
