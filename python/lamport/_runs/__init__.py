"""What happened in a run: logs on disk, tables, checks, exports."""
