"""The agent of a host: it runs machines there for a launcher elsewhere."""
