"""Pictures of a finished hypothesis, for a person to look at. A module with `render` adds one kind."""
