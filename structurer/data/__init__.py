"""Cue lists and small lexicons, one entry a line."""
