"""The algorithms an agent can be trained with, a file for each family."""

from backend.catalog.algorithms.base import LIBRARIES as LIBRARIES
from backend.catalog.algorithms.base import Algorithm as Algorithm
from backend.catalog.algorithms.rllib import RLLIB_ALGORITHMS
from backend.catalog.algorithms.sb3 import SB3_ALGORITHMS
from backend.catalog.algorithms.tabular import TABULAR_ALGORITHMS
from backend.catalog.algorithms.teaching import TEACHING_ALGORITHMS
from backend.catalog.environments import ENVIRONMENTS, Environment

_FAMILIES = (TABULAR_ALGORITHMS, TEACHING_ALGORITHMS, RLLIB_ALGORITHMS, SB3_ALGORITHMS)
ALGORITHMS: dict[str, Algorithm] = {algorithm.id: algorithm for family in _FAMILIES for algorithm in family}


def environments_for(algorithm: Algorithm) -> list[Environment]:
    """Returns the environments `algorithm` can act in, in catalogue order."""
    return [environment for environment in ENVIRONMENTS.values() if algorithm.suits(environment)]
