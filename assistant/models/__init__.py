"""Model files: the catalogue, downloading, verifying, storing."""
