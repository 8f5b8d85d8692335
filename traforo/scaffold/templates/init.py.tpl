"""The source ``$source``: see its README."""
