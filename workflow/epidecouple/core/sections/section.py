"""What every section is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Keys that belong together: frozen, and no others are accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
