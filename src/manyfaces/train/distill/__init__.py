"""Recipes of the Occlusion Resistant Network: teacher, recogniser, SOPI, MOPI."""

from manyfaces.train.distill.identity import IdentityRecipe
from manyfaces.train.distill.multi import MopiRecipe
from manyfaces.train.distill.single import SopiRecipe
from manyfaces.train.distill.teacher import TeacherRecipe

__all__ = ["IdentityRecipe", "MopiRecipe", "SopiRecipe", "TeacherRecipe"]
