"""Pictures: what a person looks at when a hypothesis is finished, one a file, found by its place."""
