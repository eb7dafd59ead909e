"""A working assignment: `source/` is what students get, `private/` what they do not."""
