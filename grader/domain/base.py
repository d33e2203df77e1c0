"""What every value of the domain is: frozen, closed, and without NaN in its numbers."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value: compared by content, changed only by copy, no field that is not declared."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
    )


def example(**values: Any) -> ConfigDict:
    """A model's settings, with an example of it for OpenAPI."""
    return ConfigDict(json_schema_extra={"examples": [values]})


Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=500)]

Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A whole number of 64 bits: JSON and Python know larger ones, arithmetic with floats does not."""
Count = Annotated[int, Field(ge=0, lt=2**63)]
"""How many there are of something."""
