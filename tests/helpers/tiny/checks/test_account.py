"""Hidden checks of the class."""

import pytest
from autograder.assignments.tiny import reference

from autograder.checking import compare

question = pytest.mark.question("account")


@question
class TestAccount:
    def test_deposit(self, student):
        """Looks at the balance after deposits."""
        account = student.Account("grace hopper", balance=2.5)
        compare.values("balance", account.deposit(amount=4.0), 6.5)
        compare.values("balance", account.deposit(1.0), 7.5)
        compare.values("balance", account.balance, 7.5)
        compare.equal("history", account.history, (4.0, 1.0))

    def test_overdraft(self, student):
        """Looks at what happens when more is asked for than is there, or all of it."""
        account = student.Account("grace hopper")
        with student.raises(ValueError):
            account.withdraw(1.0)
        compare.values("balance", account.balance, 0.0, scale=1.0)
        account = student.Account("grace hopper", balance=3.0)
        compare.values("balance", account.withdraw(3.0), 0.0, scale=1.0)

    def test_statement(self, student):
        """Looks at what is printed."""
        with student.printing() as printed:
            student.Account("grace hopper", balance=3.0).statement()
        right = reference.initials("grace hopper") + ": 3.00\n"
        compare.equal("statement", printed.text, right)
