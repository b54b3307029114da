"""A made-up Chinese omni-channel retailer: seeded, dirty on purpose, any size, with the truth about identities."""

from demo_retailer.world import DemoManifest, generate, read_manifest

__all__ = ["DemoManifest", "generate", "read_manifest"]
