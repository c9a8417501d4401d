"""Pages that show a run: what is in them, and how they are made."""
