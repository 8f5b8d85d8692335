"""The canonical model: what the warehouse publishes, described once, in three languages."""
