"""What is computed: plain Ray files that import nothing of Raydeck; drivers reach them by name."""
