# SPDX-License-Identifier: GPL-3.0-or-later
"""The try-on and reconstruction library; never imports bpy. Heavy packages are imported by the stages that need them."""
