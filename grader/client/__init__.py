"""Hands notebooks in to a running service, and follows them."""
