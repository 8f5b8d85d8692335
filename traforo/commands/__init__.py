"""The commands of ``traforo``, one module a group."""
