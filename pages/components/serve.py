"""python -m pages.components.serve: Streamlit with app.py, told that `pages/` is not its old pages directory.

Without this the first deep link after a start (a bookmark, a reload) is answered with "Page not found": a folder of
that name makes Streamlit 1.67 look for scripts in it until `st.navigation` has run once.
"""

import sys

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", "app.py", *sys.argv[1:]]
    sys.exit(cli.main())
