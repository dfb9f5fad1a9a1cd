"""Fixtures of the programs in our own containers."""

from fetch_world import quick, s3, volume, world

__all__ = ["quick", "s3", "volume", "world"]
