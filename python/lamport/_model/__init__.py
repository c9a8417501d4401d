"""What runs are made of, as values: faults, latencies, topologies, predictions."""
