"""How each source answers over HTTP: paging, encodings, validators and their quirks."""
