# SPDX-License-Identifier: GPL-3.0-or-later
"""FASHN VTON 1.5 (Bochman and Bochman 2026): a transformer that draws the dressed person in pixels, without an autoencoder or a mask."""
