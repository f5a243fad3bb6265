"""From text or plain data to a spec and back, for pages and notebooks."""

from backend.kinds.specs import Dumper as Dumper
from backend.kinds.specs import Loader as Loader
from backend.kinds.specs import RunSpec as RunSpec
from backend.kinds.specs import brief as brief
from backend.kinds.specs import parse as parse
from backend.kinds.specs import parse_file as parse_file
from backend.kinds.specs import parse_yaml as parse_yaml
from backend.kinds.specs import to_yaml as to_yaml
