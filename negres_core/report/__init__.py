"""Reports: renderings of evidence, one a file; they see evidence, statistics over it, and nothing else."""
