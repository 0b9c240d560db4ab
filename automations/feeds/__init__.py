"""Feeds: read over HTTP, their new items kept, and told to the triggers that watch them."""
