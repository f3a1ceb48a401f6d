"""What every table of a rule file is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Citation = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Rule(BaseModel):
    """Base of what stands in a rule file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
