"""The experiment: train the missing replicates, run the controls, decide, and record the evidence."""
