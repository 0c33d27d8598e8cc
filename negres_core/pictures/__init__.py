"""Pictures of a finished hypothesis, for a person to look at. A module that defines `render` is one more kind."""
