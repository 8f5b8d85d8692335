"""What a record must look like: strict contracts of the sources, and the canonical model."""
