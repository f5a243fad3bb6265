"""The script that Streamlit runs to compare runs, which says in order what stands on the page;
its pieces are in parts."""
