"""An untrusted folder becomes a submission: the student's cells in the release's frame."""
