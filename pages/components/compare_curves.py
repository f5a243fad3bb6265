"""Compare: the curves of some runs on one chart."""

from pages.components import charts
from pages.components.charts import Board
from pages.components.comparison import Comparison
from pages.components.run_table import ALL_COLUMNS, run_table


def show(what: Comparison, board: Board) -> None:
    """Shows one metric of all runs, and what they are."""
    charts.compare_chart(board, what.runs, what.key, what.axis, what.display, "compare")
    run_table(what.runs, ALL_COLUMNS, "compared")
