"""Files, catalogue and site, all from the live release."""
