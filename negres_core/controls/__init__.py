"""Controls: checks that can void a run, one a file; a file here that has a `check` is one."""
