"""Files in and out: pictures, networks, meshes, head files, checkpoints."""
