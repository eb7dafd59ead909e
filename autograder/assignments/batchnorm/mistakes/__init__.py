"""Named mistakes: complete wrong implementations, each with a sentence for the student.

A misconception is two things at once: proof that a hidden check can fail (the tests run every
check against every mistake), and a diagnosis, where a student's wrong numbers are its numbers.

To add one, write the wrong answer in the module of its topic::

    @misconception(
        question="batchnorm_backward",
        sentence="dx leaves out the path through the variance.",
        hint="x also reaches out through the variance; that branch sends a gradient back too.",
    )
    def variance_path_dropped(dout, cache): ...

It takes what the question's answer takes (caches are those of the reference) and returns what
that returns. A question that asks for a class gets a subclass of the reference's
`FullyConnectedNet`; one class can stand for several questions. Name and numbers must be new: the
tests want every mistake to be told apart from all others of its question.
"""
