"""Diagnosis: which known fault a failing image autoencoder looks like; one signature a file, found by its place."""
