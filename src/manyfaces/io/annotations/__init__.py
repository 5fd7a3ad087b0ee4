"""Annotated points of faces in the formats that data sets come in; all come out 0-based, x then y.

Pixel (0, 0) is the centre of the top-left one in every answer, whatever the file counts from.
"""

from manyfaces.io.annotations.listed import ListedFace, read_coco, read_dlib_xml
from manyfaces.io.annotations.mat_files import read_mat, read_mat_pictures
from manyfaces.io.annotations.points_files import read_ljson, read_points, read_pts

__all__ = [
    "ListedFace",
    "read_coco",
    "read_dlib_xml",
    "read_ljson",
    "read_mat",
    "read_mat_pictures",
    "read_points",
    "read_pts",
]
