"""What every connector is built from: source identity, HTTP, pagination, formats, landing, errors."""
