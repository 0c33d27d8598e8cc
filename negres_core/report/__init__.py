"""Reports: renderings of evidence, one a file; they see evidence and nothing else."""
