"""What a kind of work shows of itself, a folder a kind; nobody imports a kind by its name."""
