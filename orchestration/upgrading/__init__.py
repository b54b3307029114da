"""Bringing a data folder of an older release up to this one: keys proven, tokens made again, everything rebuilt."""
