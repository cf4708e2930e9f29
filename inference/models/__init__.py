# SPDX-License-Identifier: GPL-3.0-or-later
"""Published models: cards that say what they are and under which licence, and the folder their weights lie in."""
