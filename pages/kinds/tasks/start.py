"""A new fan-out, from a form."""

from pages.kinds.tasks.view import view
from pages.runs import start_page

start_page.page(view)
