"""Commands of the command line that have options of their own, one per file, and the settings that all share."""
