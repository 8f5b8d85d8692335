"""The source ``actif``: see its README."""
