"""Runs that are watched while they go on: what follows their logs, and where it is shown."""
