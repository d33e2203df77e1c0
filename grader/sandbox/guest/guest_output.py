"""What a cell prints, kept within its cap: the beginning and the end."""

from shared_text import plain, short

_MARK = "\n[... {} bytes of output cut ...]\n"


class CellOutput:
    """Collects text up to a cap in bytes; beyond it the middle is dropped."""

    def __init__(self, cap: int) -> None:
        self._head_cap = cap // 2
        self._tail_cap = cap - self._head_cap
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def add(self, text: str) -> None:
        """Add what was printed."""
        data = text.encode("utf-8", "replace")
        room = self._head_cap - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room < len(data) else b""
        if len(self._tail) > 2 * self._tail_cap + 4096:
            self._trim()

    def _trim(self) -> None:
        over = len(self._tail) - self._tail_cap
        if over > 0:
            del self._tail[:over]
            self._dropped += over

    @property
    def size(self) -> int:
        """Bytes kept."""
        return len(self._head) + min(len(self._tail), self._tail_cap)

    @property
    def truncated(self) -> bool:
        """Whether anything was dropped."""
        return self._dropped > 0 or len(self._tail) > self._tail_cap

    def text(self) -> str:
        """What is kept, with a mark where something was cut; carriage returns stay."""
        self._trim()
        mark = _MARK.format(self._dropped).encode() if self._dropped else b""
        return plain((bytes(self._head) + mark + bytes(self._tail)).decode("utf-8", "ignore"))

    def last_line(self) -> str:
        """The last line that holds anything, as a terminal would show it."""
        end = (self._tail or self._head)[-4096:].decode("utf-8", "ignore")
        lines = plain(end).replace("\r", "\n").split("\n")
        return short(next((line.strip() for line in reversed(lines) if line.strip()), ""))
