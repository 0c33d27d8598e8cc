"""Bisection: find which factors make one configuration fail and another work."""
