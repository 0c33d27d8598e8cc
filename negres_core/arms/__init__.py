"""Arms: what is trained on each training fold, and on which inputs."""
