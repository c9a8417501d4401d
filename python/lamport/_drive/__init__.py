"""What makes runs: in real time, in virtual time, one or many."""
