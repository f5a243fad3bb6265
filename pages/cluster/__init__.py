"""The script that Streamlit runs to show the cluster: it says in order what stands on the page, and nothing else."""
