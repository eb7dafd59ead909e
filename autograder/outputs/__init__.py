"""Pages, tables and pictures: pure functions of grades."""
