"""How fast files become validated rows of ``raw``, beside ``psql \\copy`` and other tools in the same run."""
