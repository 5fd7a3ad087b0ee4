"""Compiled search for the nearest triangle: a complete binary tree of boxes, numbered as a heap.

Node i has the children 2 i + 1 and 2 i + 2. The nodes of level l share out the sorted triangles evenly: the p-th of
them holds those from F p / 2^l up to F (p + 1) / 2^l. So the tree is nothing but an order of the triangles and boxes.

Imported only when it is used: numba alone takes a third of a second.
"""

from typing import no_type_check

import numpy as np

from manyfaces.core.compiling import compiled

DEEPEST = 48
"""Entries on the stack of a search: one for each level, and the root's two children."""


@compiled
@no_type_check
def sort_triangles(corners, levels):
    """The order in which each node's triangles are halved along the longest side of their centres' box."""
    n_faces = corners.shape[0]
    centres = np.empty((n_faces, 3))
    for face in range(n_faces):
        for axis in range(3):
            centres[face, axis] = (corners[face, 0, axis] + corners[face, 1, axis] + corners[face, 2, axis]) / 3
    order = np.arange(n_faces)
    for level in range(levels):
        for position in range(1 << level):
            first, last = n_faces * position >> level, n_faces * (position + 1) >> level
            inside = order[first:last].copy()
            longest, extent = 0, -1.0
            for axis in range(3):
                values = centres[inside, axis]
                if values.max() - values.min() > extent:
                    longest, extent = axis, values.max() - values.min()
            order[first:last] = inside[np.argsort(centres[inside, longest])]
    return order


@compiled
@no_type_check
def bound_nodes(corners, levels):
    """The box of every node, (nodes, 6): least x y z, greatest x y z; `corners` in the order of `sort_triangles`."""
    n_faces, n_leaves = corners.shape[0], 1 << levels
    boxes = np.empty((2 * n_leaves - 1, 6))
    for leaf in range(n_leaves):
        first, last = n_faces * leaf >> levels, n_faces * (leaf + 1) >> levels
        for axis in range(3):
            boxes[n_leaves - 1 + leaf, axis] = corners[first:last, :, axis].min()
            boxes[n_leaves - 1 + leaf, 3 + axis] = corners[first:last, :, axis].max()
    for node in range(n_leaves - 2, -1, -1):
        for axis in range(3):
            boxes[node, axis] = min(boxes[2 * node + 1, axis], boxes[2 * node + 2, axis])
            boxes[node, 3 + axis] = max(boxes[2 * node + 1, 3 + axis], boxes[2 * node + 2, 3 + axis])
    return boxes


@compiled
@no_type_check
def _box_gap(x, y, z, box):
    """Squared distance from a point to a box."""
    dx = max(box[0] - x, 0.0, x - box[3])
    dy = max(box[1] - y, 0.0, y - box[4])
    dz = max(box[2] - z, 0.0, z - box[5])
    return dx * dx + dy * dy + dz * dz


@compiled
@no_type_check
def _side_weight(px, py, pz, ex, ey, ez):
    """Where on a side from the origin along e the nearest point to p lies, 0 to 1."""
    length = ex * ex + ey * ey + ez * ez
    return min(max((px * ex + py * ey + pz * ez) / length, 0.0), 1.0) if length > 0 else 0.0


@compiled
@no_type_check
def _gap(x, y, z, triangle, w0, w1, w2):
    dx = w0 * triangle[0, 0] + w1 * triangle[1, 0] + w2 * triangle[2, 0] - x
    dy = w0 * triangle[0, 1] + w1 * triangle[1, 1] + w2 * triangle[2, 1] - y
    dz = w0 * triangle[0, 2] + w1 * triangle[1, 2] + w2 * triangle[2, 2] - z
    return dx * dx + dy * dy + dz * dz


@compiled
@no_type_check
def _nearest_on_triangle(x, y, z, triangle):
    """Squared distance and barycentrics; twin of `closest_barycentrics`, which says why it is done so."""
    ax, ay, az = triangle[0, 0], triangle[0, 1], triangle[0, 2]
    bx, by, bz = triangle[1, 0], triangle[1, 1], triangle[1, 2]
    cx, cy, cz = triangle[2, 0], triangle[2, 1], triangle[2, 2]
    pax, pay, paz = x - ax, y - ay, z - az
    pbx, pby, pbz = x - bx, y - by, z - bz
    pcx, pcy, pcz = x - cx, y - cy, z - cz
    abx, aby, abz = bx - ax, by - ay, bz - az
    bcx, bcy, bcz = cx - bx, cy - by, cz - bz
    cax, cay, caz = ax - cx, ay - cy, az - cz
    along = _side_weight(pax, pay, paz, abx, aby, abz)
    u, v, w = 1 - along, along, 0.0
    gap = _gap(x, y, z, triangle, u, v, w)
    along = _side_weight(pbx, pby, pbz, bcx, bcy, bcz)
    other = _gap(x, y, z, triangle, 0.0, 1 - along, along)
    if other < gap:
        gap, u, v, w = other, 0.0, 1 - along, along
    along = _side_weight(pcx, pcy, pcz, cax, cay, caz)
    other = _gap(x, y, z, triangle, along, 0.0, 1 - along)
    if other < gap:
        gap, u, v, w = other, along, 0.0, 1 - along
    # The foot of the perpendicular, where it falls inside.
    nx, ny, nz = cay * abz - caz * aby, caz * abx - cax * abz, cax * aby - cay * abx
    wc = nx * (aby * paz - abz * pay) + ny * (abz * pax - abx * paz) + nz * (abx * pay - aby * pax)
    wa = nx * (bcy * pbz - bcz * pby) + ny * (bcz * pbx - bcx * pbz) + nz * (bcx * pby - bcy * pbx)
    wb = nx * (cay * pcz - caz * pcy) + ny * (caz * pcx - cax * pcz) + nz * (cax * pcy - cay * pcx)
    total = wa + wb + wc
    if wa >= 0 and wb >= 0 and wc >= 0 and total > 0:
        wa, wb, wc = wa / total, wb / total, wc / total
        other = _gap(x, y, z, triangle, wa, wb, wc)
        if other < gap:
            gap, u, v, w = other, wa, wb, wc
    return gap, u, v, w


@compiled
@no_type_check
def find_nearest(points, guesses, corners, order, boxes, levels, places, weights):
    """Search for all points.

    Args:
        points: (N, 3) queries.
        guesses: (N,) places to begin with, the tighter the faster; any will do.
        corners: (F, 3, 3) triangles in the order of the tree.
        order: (F,) their numbers; the least wins where several are equally near, wherever the search begins.
        boxes: (nodes, 6) of `bound_nodes`.
        levels: of the tree.
        places: (N,) out: where in the order the nearest triangle is.
        weights: (N, 3) out: barycentrics of the nearest point.
    """
    n_faces, first_leaf = corners.shape[0], (1 << levels) - 1
    nodes, gaps = np.empty(DEEPEST, np.int64), np.empty(DEEPEST)
    for row in range(points.shape[0]):
        x, y, z = points[row, 0], points[row, 1], points[row, 2]
        best = guesses[row]
        least, u, v, w = _nearest_on_triangle(x, y, z, corners[best])
        nodes[0], gaps[0], height = 0, _box_gap(x, y, z, boxes[0]), 1
        while height > 0:
            height -= 1
            node = nodes[height]
            if gaps[height] > least:
                continue
            if node < first_leaf:
                near, far = 2 * node + 1, 2 * node + 2
                near_gap, far_gap = _box_gap(x, y, z, boxes[near]), _box_gap(x, y, z, boxes[far])
                if far_gap < near_gap:
                    near, far, near_gap, far_gap = far, near, far_gap, near_gap
                nodes[height], gaps[height] = far, far_gap
                nodes[height + 1], gaps[height + 1] = near, near_gap
                height += 2
                continue
            leaf = node - first_leaf
            for place in range(n_faces * leaf >> levels, n_faces * (leaf + 1) >> levels):
                gap, a, b, c = _nearest_on_triangle(x, y, z, corners[place])
                if gap < least or (gap == least and order[place] < order[best]):
                    least, best, u, v, w = gap, place, a, b, c
        places[row] = best
        weights[row, 0], weights[row, 1], weights[row, 2] = u, v, w
