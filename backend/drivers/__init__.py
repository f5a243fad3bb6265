"""What runs inside the Ray Job: one run from start to end."""
