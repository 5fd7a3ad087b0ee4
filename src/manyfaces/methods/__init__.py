"""The reconstruction methods, one package each, independent of each other, all with the same plan."""
