"""The files for a paper: table, forest plots, methods, deviations, references and checklists."""
