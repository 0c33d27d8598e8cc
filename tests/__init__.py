"""The tests, a package so that the zoo can be imported by its place."""
