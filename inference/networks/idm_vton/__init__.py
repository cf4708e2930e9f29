# SPDX-License-Identifier: GPL-3.0-or-later
"""IDM-VTON (Choi et al., ECCV 2024): two UNets of SDXL, one reading the garment, one dressing the person."""
