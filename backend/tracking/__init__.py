"""Recording from somebody's own process: a script, a notebook, a Tune experiment."""
