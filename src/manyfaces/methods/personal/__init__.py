"""Person-specific animatable models (Mao et al., CVPR 2025): a base for everybody, adapters for one person."""
