"""Airflow wiring: when things run and in which order. What they do is in ``traforo.pipeline``."""
