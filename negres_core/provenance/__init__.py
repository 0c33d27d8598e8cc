"""Provenance: the commit, the code and the analysis that a number came from."""
