"""Experiments: how they are run, compared, timed and kept."""
