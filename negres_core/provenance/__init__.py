"""Provenance: the commit, the code and the analysis behind a number."""
