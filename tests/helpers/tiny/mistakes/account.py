"""Named mistakes of the class."""

from autograder.assignments.tiny import reference

from autograder.diagnosis.mistakes import misconception


@misconception(
    question="account",
    sentence="More can be withdrawn than there is.",
    hint="What should happen when the balance is too small?",
)
class Overdrawn(reference.Account):
    def withdraw(self, amount):
        return self.deposit(-amount)


@misconception(
    question="account",
    sentence="A deposit replaces the balance instead of adding to it.",
    hint="What was in the account before?",
)
class Replaced(reference.Account):
    def deposit(self, amount):
        self.balance = amount
        self.history += (amount,)
        return self.balance
