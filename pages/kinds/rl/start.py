"""A new reinforcement-learning run, from a form."""

from pages.kinds.rl.view import view
from pages.runs import start_page

start_page.page(view)
