"""Named mistakes of the running mean: the reference with one step done wrong."""

from autograder.course.templates.assignment.private.reference import RunningMean
from autograder.diagnosis.mistakes import misconception


@misconception(
    question="running_mean",
    sentence="Each new value counts for half of the mean, however many came before.",
    hint="The tenth value is one of ten: how much of the mean is it?",
)
class MeanOfMeanAndValue(RunningMean):
    """Take (mean + value) / 2."""

    def share(self) -> float:
        """Half, from the first value on."""
        return 0.5


@misconception(
    question="running_mean",
    sentence="A first value of 0 is averaged in that nobody measured.",
    hint="After one value the mean is that value; what does yours divide by?",
)
class ZeroCountedIn(RunningMean):
    """Divide by one too many."""

    def share(self) -> float:
        """As if the 0.0 that `mean` starts with were a value."""
        return 1.0 / (self.count + 1)
