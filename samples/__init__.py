# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's own sample photos, and the programs that make them."""
