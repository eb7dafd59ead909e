"""Every answer once more."""

from autograder.checking.answers import answer


@answer("out")
def standardize(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


@answer("initials: text")
def initials(name):
    return "".join(word[0].upper() for word in name.split())


@answer(
    methods={
        "deposit(amount)": "balance: number",
        "withdraw(amount)": "balance: number",
        "statement()": "",
        "label()": "label: text",
    },
    attributes="balance: number, history: value",
)
class Account:
    initials = staticmethod(initials)

    def __init__(self, owner, balance=0.0):
        self.owner, self.balance, self.history = owner, balance, ()

    def deposit(self, amount):
        self.balance += amount
        self.history += (amount,)
        return self.balance

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError(f"{amount} is more than {self.balance}")
        return self.deposit(-amount)

    def statement(self):
        print(f"{self.label()}: {self.balance:.2f}")

    def label(self):
        return self.initials(self.owner)
