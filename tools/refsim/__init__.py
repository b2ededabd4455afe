"""Page replacement on the host: what a reference string costs under each policy."""
