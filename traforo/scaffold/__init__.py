"""The files a new source starts from, and the lines that make it known."""
