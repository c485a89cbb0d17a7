"""The phone on the screen: a page, for the demo only, that talks to the real conversation."""
