"""The source ``synergie``: see its README."""
