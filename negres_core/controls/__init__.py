"""Controls: checks that can make a run invalid, one per file. Every module here that defines `check` is a control."""
