"""Training of person-specific models: the base for everybody, and one person's adapters."""
