# SPDX-License-Identifier: GPL-3.0-or-later
"""VITON-HD (Choi et al., CVPR 2021): three networks, for the parts of the dressed person, the garment's bending, and the picture."""
