"""Figures and the written summary, drawn from recorded tables."""
