"""Bisection: find the factors that make one configuration fail and another work."""
