"""Raydeck's web app: streamlit run app.py. Everything is in the frame."""

from pages.frame.frame import frame

frame()
