"""The source ``elenco_sottoprodotti``: see its README."""
