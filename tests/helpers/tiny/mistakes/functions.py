"""Named mistakes of the array and of the text."""

from autograder.diagnosis.mistakes import misconception


@misconception(
    question="standardize",
    sentence="Every row is standardized instead of every column.",
    hint="A column is one quantity; which axis runs along it?",
)
def rows_standardized(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@misconception(
    question="standardize",
    sentence="The mean is taken away, but nothing is divided by the standard deviation.",
    hint="What is the standard deviation of your out?",
)
def only_centred(x):
    return x - x.mean(axis=0)


@misconception(
    question="initials", sentence="The capitals are missing.", hint="Which case do letters have?"
)
def small_letters(name):
    return "".join(word[0].lower() for word in name.split())


@misconception(
    question="initials", sentence="Only the first word counts.", hint="How many words are there?"
)
def first_word_only(name):
    return name[0].upper()
