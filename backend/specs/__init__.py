"""What a person asks for, as validated pydantic models."""

from backend.specs.external import ExternalSpec
from backend.specs.parse import RunSpec, parse, parse_file, parse_yaml, recorded, stored, to_yaml
from backend.specs.rl import RLSpec, Stop

__all__ = ["ExternalSpec", "RLSpec", "RunSpec", "Stop", "parse", "parse_file", "parse_yaml", "recorded", "stored", "to_yaml"]
