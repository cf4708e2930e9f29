# SPDX-License-Identifier: GPL-3.0-or-later
"""TripoSR: one picture of an object in, a field of density and colour out (Tochilkin et al. 2024, arXiv:2403.02151).

Written from the paper and from recorded numbers; parameters carry the names of the published checkpoint. The scene is a cube of half-size
0.87: +x leads to the camera of the picture, +y to the right of the picture, +z up.
"""
