"""What a person asks for, as validated pydantic models."""

from backend.specs.parse import RunSpec, parse, parse_file, parse_yaml, to_yaml
from backend.specs.rl import RLSpec, Stop

__all__ = ["RLSpec", "RunSpec", "Stop", "parse", "parse_file", "parse_yaml", "to_yaml"]
