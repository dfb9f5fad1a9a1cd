"""Our image without a registry: a base from Debian's packages, wheels made outside, the project's own Dockerfile."""
