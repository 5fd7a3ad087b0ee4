"""Rotation, similarity, camera, mesh, surface points, closest point, crop: differentiable, batched, stateless."""

from manyfaces.geometry.barycentric import SurfacePoints
from manyfaces.geometry.camera import (
    HEAD_TO_CAMERA,
    ORTHOGRAPHIC_PLANE_M,
    Camera,
    OrthographicCamera,
    PerspectiveCamera,
    Projection,
    frame_points,
    orthographic_from_affine,
)
from manyfaces.geometry.closest import closest_barycentrics, closest_points
from manyfaces.geometry.crop import Crop
from manyfaces.geometry.mesh import (
    Adjacency,
    boundary_vertices,
    edges,
    face_areas,
    face_normals,
    vertex_adjacency,
    vertex_normals,
)
from manyfaces.geometry.outline import Outline, OutlineMesh, RimPlaces
from manyfaces.geometry.rim import Rim, RimKind, SeenRim
from manyfaces.geometry.rotation import (
    axis_angle_from_matrix,
    matrix_from_axis_angle,
    matrix_from_euler,
    project_to_rotation,
    quaternion_from_matrix,
)
from manyfaces.geometry.silhouette import directions_to_viewer, facing, silhouette_vertices
from manyfaces.geometry.similarity import Similarity, fit_rigid, fit_similarity
from manyfaces.geometry.surface_fit import SurfaceFit, fit_surface
from manyfaces.geometry.surface_tree import ClosestPoints, SurfaceTree
from manyfaces.geometry.tension import DEFAULT_SCALE_PER_M, TensionForm, edge_tension, vertex_tension

__all__ = [
    "DEFAULT_SCALE_PER_M",
    "HEAD_TO_CAMERA",
    "ORTHOGRAPHIC_PLANE_M",
    "Adjacency",
    "Camera",
    "ClosestPoints",
    "Crop",
    "OrthographicCamera",
    "Outline",
    "OutlineMesh",
    "PerspectiveCamera",
    "Projection",
    "Rim",
    "RimKind",
    "RimPlaces",
    "SeenRim",
    "Similarity",
    "SurfaceFit",
    "SurfacePoints",
    "SurfaceTree",
    "TensionForm",
    "axis_angle_from_matrix",
    "boundary_vertices",
    "closest_barycentrics",
    "closest_points",
    "directions_to_viewer",
    "edge_tension",
    "edges",
    "face_areas",
    "face_normals",
    "facing",
    "fit_rigid",
    "fit_similarity",
    "fit_surface",
    "frame_points",
    "matrix_from_axis_angle",
    "matrix_from_euler",
    "orthographic_from_affine",
    "project_to_rotation",
    "quaternion_from_matrix",
    "silhouette_vertices",
    "vertex_adjacency",
    "vertex_normals",
    "vertex_tension",
]
