"""Scripts that Streamlit runs to start something: a page says in order what stands on it, and nothing else."""
