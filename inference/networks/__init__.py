# SPDX-License-Identifier: GPL-3.0-or-later
"""Published networks written anew with torch: modules take and give tensors, and their parameters have the published names."""
