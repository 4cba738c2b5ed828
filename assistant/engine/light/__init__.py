"""The light engine: small real models that need no GPU."""
