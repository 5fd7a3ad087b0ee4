"""The ground floor: errors that name their fix, tensor aliases, configuration, seeds."""
