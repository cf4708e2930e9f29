# SPDX-License-Identifier: GPL-3.0-or-later
"""HR-VITON (Lee et al., ECCV 2022): one network warps the garment and tells the parts of the dressed person, another one draws them."""
