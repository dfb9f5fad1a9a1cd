"""A second engine, written from the specification alone: plain loops over manifests, sharing no code with Joinery."""
