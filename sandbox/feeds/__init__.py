"""How each source describes the world: its fields, wordings and defects. Plain data, no HTTP."""
