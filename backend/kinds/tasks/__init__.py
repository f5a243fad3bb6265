"""Fan-outs: a function over many inputs."""
