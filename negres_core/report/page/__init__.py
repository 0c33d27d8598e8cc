"""The page: all evidence of a folder as one HTML file, which needs nothing else and is readable without script."""
