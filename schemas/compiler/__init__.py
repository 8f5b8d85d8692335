"""Generators: from the canonical model to the files that other parts and other systems read.

Each module has a ``build`` function from the model to ``{path in the repository: text}``; nothing is written
here, so a check can compare without touching a file.
"""
