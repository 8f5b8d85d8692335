"""Strict contracts of what each source sends."""
