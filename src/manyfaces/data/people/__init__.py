"""Endless synthetic people as pictures with their exact coefficients, drawn in batches on any device."""

from manyfaces.data.people.coefficients import CoefficientLaw
from manyfaces.data.people.config import PeopleConfig
from manyfaces.data.people.pictures import People, PeopleBatch

__all__ = ["CoefficientLaw", "People", "PeopleBatch", "PeopleConfig"]
