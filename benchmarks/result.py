from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One measurement beside its promise."""

    name: str
    found: float
    limit: float
    unit: str
    parts: str
    at_most: bool = True

    @property
    def kept(self) -> bool:
        return self.found <= self.limit if self.at_most else self.found >= self.limit

    @property
    def promise(self) -> str:
        return f"{'<=' if self.at_most else '>='} {self.limit:g} {self.unit}"
