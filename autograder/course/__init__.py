"""The course's folder: root, secret, questions, data, and what this machine lacks."""
