"""The source ``tiers_lieux``: see its README."""
