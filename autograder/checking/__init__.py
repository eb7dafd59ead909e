"""What checks are written with and run by."""
