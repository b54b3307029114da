"""A made-up Chinese omni-channel retailer: seeded, dirty on purpose, any size, with the truth about identities."""

from demo_retailer.further_days import DemoDay, live_one_day, next_day
from demo_retailer.world import DemoManifest, generate, read_manifest

__all__ = ["DemoDay", "DemoManifest", "generate", "live_one_day", "next_day", "read_manifest"]
