"""nbgrader's database and its plug-ins."""
