"""The service's database: the truth about every submission.

Tables in `people` and `work`; transactions from `Ledger`; who works on what in `claims`.
"""

from grader.ledger.ledger import Ledger

__all__ = ["Ledger"]
