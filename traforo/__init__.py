"""The command line, the settings and the steps of the pipeline."""
