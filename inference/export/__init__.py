# SPDX-License-Identifier: GPL-3.0-or-later
"""The look as a file: glTF 2.0."""
