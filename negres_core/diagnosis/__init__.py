"""Diagnosis: which known fault a failing image autoencoder resembles. A module that defines `recognize` is one more."""
