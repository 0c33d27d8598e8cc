"""Runs: the arms, the data and the design of one hypothesis, and the trained models that can be inspected."""
