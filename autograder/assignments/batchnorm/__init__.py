"""Fully connected nets and batch normalization."""
