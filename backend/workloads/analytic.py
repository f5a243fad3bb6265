"""Test functions of global optimisation whose minimum is known: a search algorithm can be judged in seconds."""

import math
from typing import Any

from ray import tune

# Dixon & Szegő 1978: weights of the four wells, their widths per dimension and their centres.
HARTMANN_WEIGHTS = (1.0, 1.2, 3.0, 3.2)
HARTMANN_WIDTHS = (
    (10.0, 3.0, 17.0, 3.5, 1.7, 8.0),
    (0.05, 10.0, 17.0, 0.1, 8.0, 14.0),
    (3.0, 3.5, 1.7, 10.0, 17.0, 8.0),
    (17.0, 8.0, 0.05, 10.0, 0.1, 14.0),
)
HARTMANN_CENTRES = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def branin(config: dict[str, Any]) -> None:
    """Reports Branin's function: (y - 5.1 x²/4π² + 5x/π - 6)² + 10 (1 - 1/8π) cos x + 10.

    Three minima of 0.397887, at (-π, 12.275), (π, 2.275) and (3π, 2.475).
    Source: Branin 1972; constants and domain as in Dixon & Szegő 1978, "The global optimization problem".

    `config` holds x in [-5, 10] and y in [0, 15]. Nothing is random: a seed changes nothing.
    """
    x, y = float(config.get("x", 2.5)), float(config.get("y", 7.5))
    well = y - 5.1 * x**2 / (4 * math.pi**2) + 5 * x / math.pi - 6
    tune.report({"value": well**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10})


def rosenbrock(config: dict[str, Any]) -> None:
    """Reports Rosenbrock's function: (1 - x)² + 100 (y - x²)², a bent valley with its minimum of 0 at (1, 1).

    Source: Rosenbrock 1960, "An automatic method for finding the greatest or least value of a function".

    `config` holds x and y, both in [-2, 2]. Nothing is random: a seed changes nothing.
    """
    x, y = float(config.get("x", 0.0)), float(config.get("y", 0.0))
    tune.report({"value": (1 - x) ** 2 + 100 * (y - x**2) ** 2})


def hartmann6(config: dict[str, Any]) -> None:
    """Reports Hartmann's function in six dimensions: -Σ_i α_i exp(-Σ_j A_ij (x_j - P_ij)²), four wells.

    Its minimum is -3.32237 at (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573).
    Source: Hartmann 1973; constants as in Dixon & Szegő 1978, "The global optimization problem".

    `config` holds x1 to x6, all in [0, 1]. Nothing is random: a seed changes nothing.
    """
    point = [float(config.get(f"x{dimension}", 0.5)) for dimension in range(1, 7)]
    wells = zip(HARTMANN_WEIGHTS, HARTMANN_WIDTHS, HARTMANN_CENTRES, strict=True)
    value = -sum(weight * math.exp(-_distance(point, widths, centre)) for weight, widths, centre in wells)
    tune.report({"value": value})


def _distance(point: list[float], widths: tuple[float, ...], centre: tuple[float, ...]) -> float:
    return sum(width * (x - c) ** 2 for x, width, c in zip(point, widths, centre, strict=True))
