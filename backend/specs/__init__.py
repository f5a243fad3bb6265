"""What a person asks for, as validated pydantic models."""

from backend.model.external import ExternalSpec
from backend.specs.parse import KINDS, RunSpec, brief, parse, parse_file, parse_yaml, recorded, to_yaml
from backend.specs.rl import RLSpec, Stop
from backend.specs.space import Domain
from backend.specs.sweep import RLTrainable, SweepSpec
from backend.specs.tasks import Inputs, TaskSpec

__all__ = [
    "KINDS",
    "Domain",
    "ExternalSpec",
    "Inputs",
    "RLSpec",
    "RLTrainable",
    "RunSpec",
    "Stop",
    "SweepSpec",
    "TaskSpec",
    "brief",
    "parse",
    "parse_file",
    "parse_yaml",
    "recorded",
    "to_yaml",
]
