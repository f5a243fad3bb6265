"""Scripts that Streamlit runs to show what was started: a page says in order what stands on it, and nothing else."""
