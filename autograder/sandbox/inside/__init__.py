"""All of us that the sandbox sees: no checks, no expected values, no names of students."""
