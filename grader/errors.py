"""The root of every exception that the grader raises on purpose."""


class GraderError(Exception):
    """Something that the grader can name: the thing, what was found, what was expected."""


class SubmissionError(GraderError):
    """The notebook cannot be read. The student's side; exit code 3.

    Attributes:
        code: a stable code for programs, such as ``not_json``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class AssignmentError(GraderError):
    """An assignment is wrong; lists every wrong field at once. The staff's side; exit code 2."""


class DataError(GraderError):
    """A data set is missing, cut off or altered. Ours; exit code 4."""


class SandboxError(GraderError):
    """A sandbox could not be built or broke by our fault. Never the student's; exit code 4.

    Attributes:
        code: a stable code for programs, such as ``no_user_namespaces``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class StoreError(GraderError):
    """Stored evidence cannot be read or written. Ours; exit code 4."""


class AccessError(GraderError):
    """A course, a person or a token is not there, or is there already. The staff's; exit code 2."""


class LedgerError(GraderError):
    """The service's database cannot be reached or used. Ours: try again; exit code 4."""


class QueueError(GraderError):
    """The message broker cannot be reached. Ours; the database knows what is to be done."""


class ServeError(GraderError):
    """`grader serve` cannot start or go on; says what to do. Ours; exit code 4."""


class ServiceError(GraderError):
    """A service refused a request, or cannot be reached.

    Attributes:
        code: the service's stable code, such as ``no_attempts_left``, or ``unreachable``.
        status: HTTP status of a refusal; 0: there was no answer that counts.
    """

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class EvidenceError(GraderError):
    """What came out of a sandbox breaks the format or its caps. The student's side: a verdict."""
