"""Limits for tests that wait until they are reached: production's, only shorter."""

from msgspec.structs import replace

from autograder.sandbox import POLICY

HASTY = replace(
    POLICY,
    **{"cell_cpu": 0.8, "later_cell_cpu": 0.3, "check_cpu": 0.5, "later_check_cpu": 0.2},
    **{"check_wall": 4, "later_check_wall": 1, "tasks": 24},
)
"""Several times what the solution needs."""
HASTIER = replace(HASTY, cell_cpu=0.4, later_cell_cpu=0.2, check_cpu=0.3, later_check_cpu=0.1)
"""The same, of the tiny assignment's."""
