"""The ground floor: errors that name their fix, configuration, named random streams."""
