"""What is true in the simulated world, before the four sources describe it, each in its own way."""
