"""Functions that a person writes, to be fanned out."""

from backend.api import tasks
from pages.kinds.code_editor import OwnCode

TEMPLATE = '''"""What these functions are for."""

from typing import Literal


def my_function(x: float, power: int = 2, mode: Literal["plus", "minus"] = "plus") -> float:
    """Computes something of one input. The form follows from this line: names, kinds, defaults."""
    return x**power if mode == "plus" else -(x**power)
'''
FUNCTION = OwnCode(
    "function",
    "Write a function",
    TEMPLATE,
    "A function at the top level whose name does not begin with _, or a class with __call__, which is made once a"
    " worker.",
    tasks.own_functions,
)
