"""Runs whose machines are on several hosts."""
