"""Fetch and read the source systems. Knows neither Airflow nor the database."""
