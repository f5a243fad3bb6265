"""What a seed may be."""

from typing import Annotated

from pydantic import Field

MAX_SEED = 2**31 - 1
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
