"""Diagnosis: which known fault a failing image autoencoder resembles. A module with `recognize` adds one."""
