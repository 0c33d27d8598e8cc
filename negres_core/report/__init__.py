"""Reports: one rendering of evidence per file. They import evidence and statistics, and nothing else of negres."""
