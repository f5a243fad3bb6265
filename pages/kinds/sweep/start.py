"""A new hyperparameter sweep, from a form."""

from pages.kinds.sweep.view import view
from pages.runs import start_page

start_page.page(view)
